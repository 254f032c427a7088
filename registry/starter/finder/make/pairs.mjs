/**
 * Writes what the finder and the ranker learn from; see README.md.
 *
 *     node pairs.mjs [--questions 60000] [--seed 1] [--wordnet /usr/share/wordnet]
 *
 * out/passages.json   what is to be found: [{document, section, text}]
 * out/questions.jsonl {text, passage}: a question and the number of the passage that answers it
 * out/answers.jsonl   {a, b}: questions of the guide's corpus with its answers, and with each other
 * out/pages.jsonl     {document, section, text}: passages of the READMEs of the packages in node_modules with a free licence
 * out/words.jsonl     {words, gloss, examples}: sets of synonyms of WordNet, common words only
 *
 * The held-out questions never enter, nor the guide's. The same input makes the same bytes.
 */
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {normal, sources} from '../../guide/make/corpus.mjs';
import {Phrasing} from '../../guide/make/phrasing.mjs';
import {Random} from '../../guide/make/random.mjs';
import {passages, readPage} from './passages.mjs';

const here = import.meta.dirname;
const root = path.resolve(here, '../../../..');
const {values} = parseArgs({
	options: {
		questions: {type: 'string', default: '60000'},
		seed: {type: 'string', default: '1'},
		wordnet: {type: 'string', default: '/usr/share/wordnet'},
	},
});

const found = await passages();
const {knowledge, facts, banned} = await sources();
for (const [question] of JSON.parse(readFileSync(path.join(here, 'held-out.json'), 'utf8'))) banned.add(normal(question));
const random = new Random(Number(values.seed));
const phrasing = new Phrasing(random, knowledge);
const stems = text => (text.toLowerCase().match(/[a-z0-9]+/g) ?? []).map(word => word.slice(0, 6));
const holding = new Map();
for (const {text} of found) for (const stem of new Set(stems(text))) holding.set(stem, (holding.get(stem) ?? 0) + 1);
const intents = [...knowledge.intents, ...facts];

mkdirSync(path.join(here, 'out'), {recursive: true});
writeFileSync(path.join(here, 'out/passages.json'), JSON.stringify(found, null, 1));
write('questions', questions(Number(values.questions)));
write('answers', answers(20_000));
write('pages', pages());
write('words', words());

/** Half from questions.txt, half from the guide's intents, whose command tells the passage. */
function* questions(count) {
	const own = ownQuestions();
	const numbers = new Map(found.flatMap(({document, section}, at) => (document === 'src/cli/reference.ts' ? [[section, at]] : [])));
	const asked = intents.flatMap(intent => {
		// A question about the options of a command is answered with `mofa help`, but here by the page of that command.
		const about = /^ref-(.+)-options$/.exec(intent.id)?.[1];
		const command = about === undefined ? intent.command : `mofa ${about}`;
		const name = [...numbers.keys()].filter(name => command === name || command.startsWith(`${name} `)).sort((a, b) => b.length - a.length)[0];
		return name === undefined || intent.kind === 'refuse' ? [] : [{intent, passage: numbers.get(name)}];
	});
	for (let made = 0; made < count; ) {
		const line = random.chance(0.55) ? random.pick(own) : undefined;
		const one = line ? undefined : random.pick(asked);
		const text = line ? phrasing.styled(phrasing.expand(line.ask), random.chance(0.5)) : phrasing.question(one.intent).text;
		if (banned.has(normal(text))) continue;
		yield {text, passage: (line ?? one).passage};
		made += 1;
	}
}

function ownQuestions() {
	const out = [];
	let section;
	let hint;
	for (const [at, line] of readFileSync(path.join(here, 'questions.txt'), 'utf8').split('\n').entries()) {
		if (line === '' || line.startsWith('# ')) continue;
		if (line.startsWith('## ')) [section, hint] = [line.slice(3), undefined];
		else if (line.startsWith('= ')) hint = line.slice(2);
		else if (line.startsWith('- ')) out.push({ask: line.slice(2), passage: passageOf(section, hint, line, at + 1)});
		else throw new Error(`questions.txt:${at + 1}: not understood: ${line}`);
	}
	return out.filter(({passage}) => passage !== null);
}

/**
 * Of a section's passages the one that shares most with the question. Where a page has changed since its questions were
 * written, they are left out, and that is told.
 */
function passageOf(section, hint, question, line) {
	const able = [...found.keys()].filter(at => `${found[at].document}#${found[at].section}` === section && (hint === undefined || found[at].text.includes(hint)));
	if (able.length === 0) console.warn(`questions.txt:${line}: no ${section}${hint === undefined ? '' : ` with "${hint}"`}`);
	const asked = new Set(stems(question));
	const shared = at => [...new Set(stems(found[at].text))].filter(stem => asked.has(stem)).reduce((sum, stem) => sum + Math.log(found.length / holding.get(stem)), 0);
	return able.length === 0 ? null : able.map(at => [at, shared(at)]).sort((a, b) => b[1] - a[1] || a[0] - b[0])[0][0];
}

function* answers(count) {
	const able = intents.filter(({kind}) => kind !== 'refuse');
	for (let made = 0; made < count; made += 1) {
		const intent = random.pick(able);
		const [a, other] = [phrasing.question(intent).text, phrasing.question(intent).text];
		if (banned.has(normal(a)) || banned.has(normal(other))) continue;
		yield {a, b: random.chance(0.5) ? random.pick(intent.answers).replace(/\{(\w+)\}/g, (whole, slot) => knowledge.slots.get(slot)?.[0] ?? whole) : other};
	}
}

function* pages() {
	const modules = path.join(root, 'node_modules');
	const names = readdirSync(modules).sort().flatMap(name => (name.startsWith('@') ? readdirSync(path.join(modules, name)).sort().map(inner => `${name}/${inner}`) : [name]));
	for (const name of names) {
		const [about, page] = ['package.json', 'README.md'].map(file => path.join(modules, name, file));
		if (!existsSync(about) || !existsSync(page)) continue;
		const {license} = JSON.parse(readFileSync(about, 'utf8'));
		if (!/^(MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0)$/.test(license ?? '')) continue;
		for (const passage of readPage(name, readFileSync(page, 'utf8').replace(/\[!\[.*|<[^>]+>|\(https?:[^)]*\)/g, '')).slice(0, 60)) if (passage.text.length > 80) yield {...passage, text: passage.text.slice(0, 900)};
	}
}

function* words() {
	if (!existsSync(path.join(values.wordnet, 'data.noun'))) throw new Error(`no WordNet in ${values.wordnet}: apt install wordnet-base, or --wordnet`);
	const read = name => readFileSync(path.join(values.wordnet, name), 'utf8').split('\n');
	const often = new Map();
	for (const line of read('cntlist.rev')) {
		const [key, , count] = line.split(' ');
		const word = key.split('%')[0];
		often.set(word, (often.get(word) ?? 0) + Number(count));
	}
	for (const kind of ['noun', 'verb', 'adj', 'adv'])
		for (const line of read(`data.${kind}`)) {
			if (!/^\d/.test(line)) continue;
			const [data, text] = line.split(' | ');
			const fields = data.split(' ');
			const all = Array.from({length: Number.parseInt(fields[3], 16)}, (_, at) => fields[4 + at * 2].replace(/\(\w+\)$/, ''));
			if (/[A-Z]/.test(all[0]) || !all.some(word => (often.get(word.toLowerCase()) ?? 0) >= 2)) continue;
			const [gloss, ...examples] = text.trim().split(/; (?=")/);
			yield {words: all.map(word => word.replaceAll('_', ' ').toLowerCase()), gloss: gloss.trim(), examples: examples.map(example => example.replaceAll('"', '').trim()).slice(0, 3)};
		}
}

function write(name, items) {
	const lines = [...items].map(item => JSON.stringify(item));
	writeFileSync(path.join(here, 'out', `${name}.jsonl`), `${lines.join('\n')}\n`);
	console.log(name, lines.length);
}
