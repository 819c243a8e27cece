// Search: all words must be found in what is shown of one object; "name:role" looks in one place alone, and "kind:role" for
// a whole kind.
addEventListener('DOMContentLoaded', () => {
	const input = document.getElementById('query');
	const found = document.getElementById('found');
	const none = document.getElementById('none');
	const plain = ['owner', 'kind', 'namespace', 'name', 'api', 'file', 'folder', 'reason'];
	const places = { component: 'component', kind: 'kind', namespace: 'namespace', ns: 'namespace', name: 'name', level: 'level', step: 'step', api: 'api', file: 'file', folder: 'folder' };
	const columns = [null, 'kind', 'namespace', 'name', 'api', 'file'];
	const number = (n) => n.toLocaleString('en');
	const count = (n, noun) => number(n) + ' ' + noun + (n === 1 ? '' : 's');

	// What is searched is read from the page once, when somebody searches.
	let index = null;
	const read = () => [...document.querySelectorAll('.step')].map((step) => ({
		element: step,
		link: document.querySelector('nav a[href="#' + step.id + '"]'),
		boxes: [...step.querySelectorAll('.box')].map((box) => ({
			element: box,
			name: box.querySelector('h3'),
			size: box.querySelector('.of'),
			groups: [...box.querySelectorAll('tbody')].map((group) => ({
				element: group,
				heading: group.querySelector('.group th'),
				rows: [...group.querySelectorAll('tr:not(.group)')].map((row) => {
					const text = {
						level: group.dataset.level.toLowerCase(), component: group.dataset.component.toLowerCase(),
						step: step.id.slice(1), folder: box.dataset.folder.toLowerCase(), reason: row.querySelector('.why')?.textContent.toLowerCase() ?? '',
					};
					const cells = {};
					columns.forEach((column, i) => {
						if (!column) return;
						cells[column] = row.cells[i].querySelector('.value') ?? row.cells[i];
						text[column] = cells[column].textContent.toLowerCase();
					});
					text.owner = text.component || text.file;
					return { element: row, text, cells, component: group.dataset.component };
				}),
			})),
		})),
	}));
	const boxesOf = () => index.flatMap((step) => step.boxes);

	// "level 50", "no level" and "step 3" are what the page says.
	const spoken = (query) => query.toLowerCase().replace(/\bno level\b/g, 'level:none').replace(/\b(level|step)s?\s+(?=\d)/g, '$1:');
	const parse = (query) => spoken(query).split(/\s+/).filter(Boolean).map((word) => {
		const at = word.indexOf(':');
		const place = at > 0 && Object.hasOwn(places, word.slice(0, at)) ? places[word.slice(0, at)] : null;
		return place ? { places: [place], text: word.slice(at + 1) } : { places: plain, text: word };
	}).filter((word) => word.text);
	// A kind is written as kubectl takes it: KIND, KIND.GROUP or KIND.VERSION.GROUP, singular or plural.
	const isKind = (text, word) => {
		const [, name, rest] = word.match(/^([^.]*)(?:\.(.*))?$/s);
		if (![text.kind, text.kind + 's', text.kind + 'es', text.kind.replace(/y$/, 'ies')].includes(name)) return false;
		const [version, group = ''] = text.api.split('/').reverse();
		return rest === undefined || rest === group || rest === version + '.' + group || !group && rest === version;
	};
	const isIn = (text, place, word) => {
		switch (place) {
		case 'level': return text.level === (word.text === 'none' ? '' : word.text);
		case 'step': return text.step === word.text;
		case 'kind': return isKind(text, word.text) || word.places === plain && text.kind.includes(word.text);
		default: return text[place].includes(word.text);
		}
	};
	const matches = (text, words) => words.every((word) => word.places.some((place) => isIn(text, place, word)));

	const { mark, unmark } = marker();
	const textsIn = (places, words) => words.filter((word) => word.places.some((place) => places.includes(place))).map((word) => word.text);
	const markRow = (row, words) => {
		for (const column of columns) if (column && column !== 'kind') mark(row.cells[column], textsIn([column], words));
		const kinds = words.filter((word) => word.places.includes('kind'));
		mark(row.cells.kind, kinds.map((word) => isKind(row.text, word.text) ? row.text.kind : word.text));
	};

	let before = null; // boxes that were open before the search
	const search = () => {
		const words = parse(input.value);
		index ??= read();
		unmark();
		if (!words.length) return reset();
		before ??= new Set(boxesOf().filter((box) => box.element.open));
		let objects = 0;
		let last = null;
		const components = new Set();
		const owners = textsIn(['owner', 'component'], words);
		for (const step of index) {
			let inStep = 0;
			for (const box of step.boxes) {
				let inBox = 0;
				for (const group of box.groups) {
					let inGroup = 0;
					for (const row of group.rows) {
						const hit = matches(row.text, words);
						row.element.hidden = !hit;
						if (!hit) continue;
						inGroup++;
						if (row.component) components.add(row.component);
						markRow(row, words);
					}
					group.element.hidden = !inGroup;
					if (inGroup) mark(group.heading, owners);
					inBox += inGroup;
				}
				box.element.hidden = !inBox;
				box.size.dataset.found = number(inBox);
				box.element.open = inBox > 0;
				if (inBox) mark(box.name, owners);
				inStep += inBox;
			}
			step.element.hidden = !inStep;
			if (step.link) step.link.parentElement.hidden = !inStep;
			step.element.classList.remove('last');
			if (inStep) last = step.element;
			objects += inStep;
		}
		if (last) last.classList.add('last');
		none.hidden = objects > 0;
		const among = components.size ? ' in ' + count(components.size, 'component') : '';
		found.textContent = objects ? count(objects, 'object') + among : 'Nothing found';
	};
	const reset = () => {
		found.textContent = '';
		none.hidden = true;
		if (!before) return;
		for (const step of index) {
			step.element.hidden = false;
			step.element.classList.remove('last');
			if (step.link) step.link.parentElement.hidden = false;
			for (const box of step.boxes) {
				box.element.hidden = false;
				delete box.size.dataset.found;
				box.element.open = before.has(box);
				for (const group of box.groups) {
					group.element.hidden = false;
					for (const row of group.rows) row.element.hidden = false;
				}
			}
		}
		before = null;
	};

	searchBox(input, search);
});
