// Search: all words must be found in the text of one image, value, file or object.
addEventListener('DOMContentLoaded', () => {
	const input = document.getElementById('query');
	const found = document.getElementById('found');
	const none = document.getElementById('none');
	const { mark, unmark } = marker();
	const items = [...document.querySelectorAll('.item')];
	const folds = [...document.querySelectorAll('.fold, .box')];
	const sections = [...document.querySelectorAll('.part, .step')];
	const between = [...document.querySelectorAll('.gap, .lead, main > .nothing:not(#none)')];
	const noun = (n) => n.toLocaleString('en') + (n === 1 ? ' place' : ' places');

	document.getElementById('open').addEventListener('click', () => folds.forEach((fold) => { fold.open = true; }));
	document.getElementById('close').addEventListener('click', () => folds.forEach((fold) => { fold.open = false; }));
	let opened = [];
	addEventListener('beforeprint', () => {
		opened = folds.filter((fold) => !fold.open);
		opened.forEach((fold) => { fold.open = true; });
	});
	addEventListener('afterprint', () => opened.forEach((fold) => { fold.open = false; }));

	// The texts are read once, when somebody searches.
	let texts = null;
	let before = null; // what was open before the search
	const markIn = (item, words) => {
		for (const element of item.querySelectorAll('h3, td, .name, .path, .lines > span, .kinds, .says, .remedy')) {
			if (!element.querySelector('a, .tag, .sign')) mark(element, words);
		}
	};
	const search = () => {
		const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
		unmark();
		if (!words.length) return reset();
		texts ??= items.map((item) => item.textContent.toLowerCase().replace(/\s+/g, ' '));
		before ??= new Set(folds.filter((fold) => fold.open));
		let hits = 0;
		items.forEach((item, i) => {
			item.hidden = !words.every((word) => texts[i].includes(word));
			if (item.hidden) return;
			hits++;
			markIn(item, words);
		});
		for (const fold of folds) {
			if (!fold.matches('.item')) fold.hidden = !fold.querySelector('.item:not([hidden])');
			fold.open = !fold.hidden && (!fold.matches('.item') || fold.querySelector('.inside mark') !== null);
		}
		let last = null;
		for (const section of sections) {
			section.classList.remove('last');
			section.hidden = !section.querySelector('.item:not([hidden])');
			const link = document.querySelector('nav a[href="#' + section.id + '"]');
			if (link) link.parentElement.hidden = section.hidden;
			if (!section.hidden && section.matches('.step')) last = section;
		}
		if (last) last.classList.add('last');
		between.forEach((element) => { element.hidden = true; });
		none.hidden = hits > 0;
		found.textContent = hits ? noun(hits) : 'Nothing found';
	};
	const reset = () => {
		found.textContent = '';
		none.hidden = true;
		if (!before) return;
		for (const element of [...items, ...folds, ...sections, ...between]) element.hidden = false;
		document.querySelectorAll('nav li').forEach((entry) => { entry.hidden = false; });
		sections.forEach((section) => section.classList.remove('last'));
		folds.forEach((fold) => { fold.open = before.has(fold); });
		before = null;
	};
	searchBox(input, search);
});
