// What the searches of all pages share: marks in what was found, and the keys of the field.

// Marks are made of text nodes, never of markup: names may hold anything.
const marker = () => {
	const marked = new Map(); // with what was in an element before
	const unmark = () => {
		marked.forEach((nodes, element) => element.replaceChildren(...nodes));
		marked.clear();
	};
	const mark = (element, words) => {
		const texts = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
		if (!element || !texts.length) return;
		const parts = element.textContent.split(new RegExp('(' + texts.sort((a, b) => b.length - a.length).join('|') + ')', 'i'));
		if (parts.length < 2) return;
		marked.set(element, [...element.childNodes]);
		element.replaceChildren(...parts.map((part, i) => {
			if (i % 2 === 0) return part;
			const highlight = document.createElement('mark');
			highlight.textContent = part;
			return highlight;
		}));
	};
	return { mark, unmark };
};

// searchBox calls search when the field has changed.
const searchBox = (input, search) => {
	let timer = 0;
	input.addEventListener('input', () => {
		clearTimeout(timer);
		timer = setTimeout(search, 60);
	});
	const clear = () => {
		clearTimeout(timer);
		input.value = '';
		search();
	};
	addEventListener('searchend', clear);
	addEventListener('keydown', (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
		if (event.key === '/' && event.target !== input) {
			event.preventDefault();
			input.focus();
			input.select();
		} else if (event.key === 'Escape' && (input.value || event.target === input)) {
			event.preventDefault();
			if (input.value) clear();
			else input.blur();
		} else if (event.key === 'Enter' && event.target === input) {
			clearTimeout(timer);
			search();
			const first = document.querySelector('.step:not([hidden]) .box:not([hidden]) summary');
			if (input.value && first) first.focus();
		}
	});
	if (input.value) search(); // a page that was loaded again keeps its fields
};
