/** Reads knowledge/*.txt: what people ask, in templates, and what the guide answers. The README describes the format. */
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';

const folder = path.join(import.meta.dirname, 'knowledge');

export function readKnowledge() {
	const words = new Map();
	const slots = new Map();
	const intents = new Map();
	const follows = [];
	for (const file of files()) {
		let intent;
		for (const [index, line] of readFileSync(path.join(folder, file), 'utf8').split('\n').entries()) {
			const where = `${file}:${index + 1}`;
			const word = line.match(/^@(\w+) = (.+)$/);
			const slot = line.match(/^\{(\w+)\} = (.+)$/);
			const follow = line.match(/^([\w-]+(?:, [\w-]+)*) > ([\w-]+): (.+)$/);
			const field = line.match(/^(topic|kind|command|why|flag): (.+)$/);
			if (line === '' || line.startsWith('# ')) continue;
			if (word) words.set(word[1], word[2]);
			else if (slot) slots.set(slot[1], slot[2].split('|'));
			else if (follow) for (const after of follow[1].split(', ')) follows.push({after, then: follow[2], ask: follow[3], where});
			else if (line.startsWith('## more ')) {
				intent = intents.get(line.slice(8));
				if (!intent) throw new Error(`${where}: more of what is not there`);
			} else if (line.startsWith('## ')) {
				intent = {id: line.slice(3), kind: 'command', command: 'none', does: [], asks: [], plain: [], answers: []};
				if (intents.has(intent.id)) throw new Error(`${where}: ${intent.id} is there twice`);
				intents.set(intent.id, intent);
			} else if (intent && line.startsWith('+ ')) intent.does.push(line.slice(2));
			else if (intent && line.startsWith('- ')) intent[isPlain(line) ? 'plain' : 'asks'].push(line.slice(2));
			else if (intent && line.startsWith('> ')) intent.answers.push(line.slice(2));
			else if (intent && field) intent[field[1]] = field[2];
			else throw new Error(`${where}: not understood: ${line}`);
		}
	}
	for (const {after, then, where} of follows)
		for (const id of [after, then]) if (!intents.has(id)) throw new Error(`${where}: no ${id}`);
	return {words, slots, intents: [...intents.values()], follows};
}

/** A whole sentence as somebody would type it, in contrast to a template of many or to two words. */
function isPlain(line) {
	return !/[(|[@{]/.test(line) && line.split(' ').length > 3;
}

/** In the order of their names, but what adds to others (`more-*`) last. */
function files() {
	const names = readdirSync(folder).filter(name => name.endsWith('.txt')).sort();
	const adds = name => /^(more|asked)-/.test(name);
	return [...names.filter(name => !adds(name)), ...names.filter(adds)];
}
