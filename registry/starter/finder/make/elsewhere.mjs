/** A page that no training has seen, in passages, to measure what is left of the finder elsewhere: node elsewhere.mjs -> out/elsewhere.json */
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {readPage} from './passages.mjs';

const here = import.meta.dirname;
const page = readFileSync(path.resolve(here, '../../../../node_modules/commander/Readme.md'), 'utf8');
const passages = readPage('commander', page.replace(/\[!\[.*|<[^>]+>|\(https?:[^)]*\)/g, ''));
const sections = new Set(passages.map(({section}) => section));
for (const [ask, right] of JSON.parse(readFileSync(path.join(here, 'elsewhere.json'), 'utf8')))
	for (const section of right) if (!sections.has(section)) throw new Error(`${ask}: no section ${section}`);
writeFileSync(path.join(here, 'out/elsewhere.json'), JSON.stringify(passages));
console.log(passages.length, 'passages,', sections.size, 'sections');
