// Records .github/tour.svg, the picture in the README: the commands below, typed into a real terminal (tmux) in an
// empty home, and the screen as it was afterwards. node .github/record-tour.js
import {execFileSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';

const columns = 96;
const rows = 24;
const commands = [
	'mofa run "How do I see which models are loaded?"',
	'mofa ps',
	'mofa list',
	'mofa run --format json "How do I stop a model? Answer as JSON."',
	'mofa show guide --why | head -n 12',
];

const root = path.resolve(import.meta.dirname, '..');
const home = mkdtempSync(path.join(os.tmpdir(), 'mofa-tour-'));
const socket = `mofa-tour-${process.pid}`;
const tmux = (...words) => execFileSync('tmux', ['-L', socket, ...words], {encoding: 'utf8'});
try {
	tmux(
		'-f',
		'/dev/null',
		'new-session',
		'-d',
		'-x',
		String(columns),
		'-y',
		String(rows),
		`env HOME=${home} MOFA_HOME=${home} MOFA_HOST=off bash --norc`,
	);
	type(`PS1='$ '; mofa() { node ${root}/bin/mofa.cjs "$@"; }; clear`);
	await delay(1000);
	for (const command of commands) {
		type(command);
		await promptIsBack();
	}
	writeFileSync(
		path.join(root, '.github', 'tour.svg'),
		svg(tmux('capture-pane', '-p', '-e').replace(/\n+$/, '').split('\n')),
	);
} finally {
	execFileSync(process.execPath, [path.join(root, 'bin/mofa.cjs'), 'stop', '--all'], {
		env: {...process.env, MOFA_HOME: home},
		stdio: 'ignore',
	});
	tmux('kill-server');
	// The daemon writes its last lines while it leaves.
	await delay(1500);
	rmSync(home, {recursive: true, force: true});
}

function type(line) {
	tmux('send-keys', '-l', line);
	tmux('send-keys', 'Enter');
}

/** The shell has nothing more to do when its last line is a bare prompt, twice in a row. */
async function promptIsBack() {
	for (let tries = 0, seen = 0; tries < 600; tries += 1) {
		await delay(200);
		seen = tmux('capture-pane', '-p').trimEnd().endsWith('\n$') ? seen + 1 : 0;
		if (seen === 2) return;
	}
	throw new Error('a command of the tour does not end');
}

const palette = ['#484f58', '#ff7b72', '#3fb950', '#d29922', '#58a6ff', '#bc8cff', '#39c5cf', '#b1bac4'];

function svg(lines) {
	const width = columns * 8.4 + 32;
	const height = lines.length * 20 + 56;
	const texts = lines.map(
		(line, index) => `<text x="16" y="${60 + index * 20}" xml:space="preserve">${spans(line)}</text>`,
	);
	return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<circle cx="20" cy="20" r="6" fill="#ff5f57"/><circle cx="40" cy="20" r="6" fill="#febc2e"/><circle cx="60" cy="20" r="6" fill="#28c840"/>
<g font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#e6edf3">
${texts.join('\n')}
</g>
</svg>
`;
}

/** Colours, bold and dim of the terminal as spans. */
function spans(line) {
	let style = '';
	const parts = [];
	// oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
	for (const [, codes, text] of `\u001b[0m${line}`.matchAll(/\u001b\[([\d;]*)m([^\u001b]*)/g)) {
		for (const code of (codes || '0').split(';').map(Number)) style = code === 0 ? '' : `${style} ${attribute(code)}`;
		if (text !== '') parts.push(`<tspan${style}>${escape(text)}</tspan>`);
	}
	return parts.join('');
}

function attribute(code) {
	if (code === 1) return 'font-weight="bold"';
	if (code === 2) return 'opacity="0.6"';
	if (code >= 30 && code <= 37) return `fill="${palette[code - 30]}"`;
	if (code >= 90 && code <= 97) return `fill="${palette[code - 90]}"`;
	return '';
}

function escape(text) {
	return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
