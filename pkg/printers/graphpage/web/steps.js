// Cards: opening, links between them, the keyboard, paper.
addEventListener('DOMContentLoaded', () => {
	const boxes = [...document.querySelectorAll('.box')];
	const shown = () => boxes.filter((box) => !box.hidden && !box.parentElement.parentElement.hidden);
	document.querySelector('.tools').hidden = false;
	document.getElementById('open').addEventListener('click', () => shown().forEach((box) => { box.open = true; }));
	document.getElementById('close').addEventListener('click', () => shown().forEach((box) => { box.open = false; }));

	// A link to a box opens it and goes on from there, also for the keyboard.
	const goTo = (id) => {
		const target = id && document.getElementById(id);
		if (!target || !target.matches('.box')) return;
		target.open = true;
		target.querySelector('summary').focus({ preventScroll: true });
		target.scrollIntoView({ block: 'start' });
	};
	addEventListener('hashchange', () => goTo(location.hash.slice(1)));
	document.addEventListener('click', (event) => {
		const link = event.target.closest('a[href^="#"]');
		if (!link) return;
		const target = document.getElementById(link.hash.slice(1));
		if (target && target.closest('[hidden]')) dispatchEvent(new Event('searchend')); // it was not found
		if (link.hash === location.hash) goTo(link.hash.slice(1)); // no hashchange comes
	});
	goTo(location.hash.slice(1));

	// An opened box takes the whole width and may move: it stays in sight.
	document.addEventListener('click', (event) => {
		const summary = event.target.closest('.box > summary');
		if (summary) requestAnimationFrame(() => summary.scrollIntoView({ block: 'nearest' }));
	});

	// Left and right go from box to box; up and down scroll, as everywhere.
	document.addEventListener('keydown', (event) => {
		const box = event.target.closest && event.target.matches('.box > summary') && event.target.parentElement;
		const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
		if (!box || !way || event.altKey || event.ctrlKey || event.metaKey) return;
		const all = shown();
		const next = all[all.indexOf(box) + way];
		if (next) {
			next.querySelector('summary').focus();
			event.preventDefault();
		}
	});

	// While the mouse or the keyboard is on a box, what it waits for and what waits for it are marked.
	let marked = [];
	const mark = (box) => {
		marked.forEach((element) => element.classList.remove('is-before', 'is-after'));
		marked = [];
		if (!box) return;
		for (const [list, name] of [['.before', 'is-before'], ['.after', 'is-after']]) {
			const links = [...box.querySelectorAll(list + ' a')];
			const whole = links.find((link) => link.hash.startsWith('#s'));
			for (const link of whole ? [whole] : links) {
				const target = document.getElementById(link.hash.slice(1));
				if (target) {
					target.classList.add(name);
					marked.push(target);
				}
			}
		}
	};
	const boxOf = (event) => event.target.closest && event.target.closest('.box');
	document.addEventListener('mouseover', (event) => mark(boxOf(event)));
	document.addEventListener('focusin', (event) => mark(boxOf(event)));

	// On paper every box is open.
	let opened = [];
	addEventListener('beforeprint', () => {
		opened = boxes.filter((box) => !box.open);
		opened.forEach((box) => { box.open = true; });
	});
	addEventListener('afterprint', () => opened.forEach((box) => { box.open = false; }));

	// The step that is read is marked in the list of steps.
	const links = new Map([...document.querySelectorAll('nav a')].map((link) => [link.hash.slice(1), link]));
	const inSight = new Set();
	const observer = new IntersectionObserver((entries) => {
		for (const entry of entries) inSight[entry.isIntersecting ? 'add' : 'delete'](entry.target.id);
		let first = true;
		for (const [id, link] of links) {
			if (first && inSight.has(id)) {
				link.setAttribute('aria-current', 'step');
				first = false;
			} else {
				link.removeAttribute('aria-current');
			}
		}
	}, { rootMargin: '-80px 0px -40% 0px' });
	if (links.size) document.querySelectorAll('.step').forEach((step) => observer.observe(step));
});
