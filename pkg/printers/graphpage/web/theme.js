'use strict';
// The theme is set before the first paint, so that the page does not flash. Storage may be forbidden: then the choice
// lasts as long as the page.
(() => {
	const root = document.documentElement;
	const dark = matchMedia('(prefers-color-scheme: dark)');
	let choice = null;
	try { choice = localStorage.getItem('release-x-theme'); } catch { /* no storage */ }

	const isDark = () => choice ? choice === 'dark' : dark.matches;
	const apply = () => {
		if (choice === 'dark' || choice === 'light') root.dataset.theme = choice;
		const button = document.getElementById('theme');
		if (button) button.setAttribute('aria-pressed', String(isDark()));
	};
	apply();

	addEventListener('DOMContentLoaded', () => {
		apply();
		dark.addEventListener('change', apply);
		document.getElementById('theme').addEventListener('click', () => {
			choice = isDark() ? 'light' : 'dark';
			try { localStorage.setItem('release-x-theme', choice); } catch { /* no storage */ }
			apply();
		});
	});
})();
