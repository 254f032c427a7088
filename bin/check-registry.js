// npm run registry:check [folder]: every file of registry/models against its schema and against the others.
// Prints one line for each mistake, with the file and the place in it, and ends with 1 if there is one.
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {Ajv2020} from 'ajv/dist/2020.js';

const root = path.resolve(import.meta.dirname, '..');
const folder = path.resolve(process.argv[2] ?? path.join(root, 'registry/models'));
const validate = new Ajv2020({allErrors: true, allowUnionTypes: true}).compile(
	JSON.parse(readFileSync(path.join(root, 'registry/schema/model.json'), 'utf8')),
);
const mistakes = [];
const entries = new Map();

for (const file of readdirSync(folder)
	.filter(name => name.endsWith('.json'))
	.toSorted())
	check(file);
for (const [file, entry] of entries) checkSiblings(file, entry);
for (const mistake of mistakes) console.error(mistake);
console.log(`${entries.size} models, ${mistakes.length} mistakes`);
process.exitCode = mistakes.length === 0 ? 0 : 1;

function check(file) {
	const complain = (place, words) => mistakes.push(`${file}: ${place}: ${words}`);
	let entry;
	try {
		entry = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
	} catch (error) {
		return complain('the file', `is no JSON (${error.message})`);
	}
	if (!validate(entry)) {
		for (const {instancePath, message} of validate.errors ?? []) complain(instancePath || '/', message);
		return;
	}
	if (file !== `${entry.name}.json`) complain('/name', `is "${entry.name}", and the file is called ${file}`);
	if (entries.has(file)) complain('/name', 'is there twice');
	entries.set(file, entry);
	if (entry.sizes[entry.default] === undefined) complain('/default', `"${entry.default}" is none of its sizes`);
	for (const [size, {variants}] of Object.entries(entry.sizes)) {
		const tags = variants.map(({tag}) => tag);
		if (new Set(tags).size < tags.length) complain(`/sizes/${size}/variants`, 'two have the same tag');
		for (const [index, variant] of variants.entries())
			checkVariant(variant, (place, words) => complain(`/sizes/${size}/variants/${index}${place}`, words));
	}
}

function checkVariant({format, quantization, files}, complain) {
	const weights = files.filter(({role}) => role.startsWith('weights'));
	if (weights.length === 0) complain('/files', 'none has the role weights');
	for (const {file} of files)
		if (/^\/|(^|\/)\.\.(\/|$)|[\\:*?"<>|]/.test(file)) complain('/files', `"${file}" is no harmless relative name`);
	for (const {file} of format === 'gguf' ? weights : []) {
		if (!file.endsWith('.gguf')) complain('/files', `"${file}" is no GGUF file`);
		const said = quantization === undefined ? null : file.toLowerCase().includes(quantization.toLowerCase());
		if (said === false) complain('/quantization', `"${quantization}" is not in the name ${file}`);
	}
}

function checkSiblings(file, {sizes}) {
	for (const [size, {sibling}] of Object.entries(sizes)) {
		const [name, tag] = (sibling ?? '').split(':');
		if (sibling && entries.get(`${name}.json`)?.sizes[tag] === undefined)
			mistakes.push(`${file}: /sizes/${size}/sibling: there is no ${sibling}`);
	}
}
