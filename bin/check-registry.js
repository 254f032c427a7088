// npm run registry:check [-- --write] [folder]: holds every file of registry/models against its schema, against the others
// and against the program's own rules for names. Prints one line for each mistake, with the file and the place in it, and
// ends with 1 if there is one. --write lays the files out as the house does.
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {Ajv2020} from 'ajv/dist/2020.js';
import {build} from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');
const options = process.argv.slice(2);
const folder = path.resolve(options.find(option => !option.startsWith('-')) ?? path.join(root, 'registry/models'));
const house = await program([
	'models/api-names.ts',
	'models/hub/safe-name.ts',
	'models/name.ts',
	'models/quantization-name.ts',
	'models/registry/entry.ts',
	'models/registry/parse-entry.ts',
	'models/registry/registry.ts',
	'models/resolve/group-files.ts',
	'models/resolve/group-onnx.ts',
]);
const validate = new Ajv2020({allErrors: true, allowUnionTypes: true}).compile(
	JSON.parse(readFileSync(path.join(root, 'registry/schema/model.json'), 'utf8')),
);
const endings = {
	gguf: /\.gguf$/,
	onnx: /\.(onnx|ort)(_data.*|\.data)?$|weights\.pb$/,
	safetensors: /\.safetensors$/,
	ggml: /\.bin$/,
	pickle: /\.(pt|pth|ckpt|bin|pkl)$/,
};
const mistakes = [];
const entries = new Map();

const files = readdirSync(folder)
	.filter(name => name.endsWith('.json'))
	.toSorted();
for (const file of files) check(file);
checkNames();
for (const [file, entry] of entries) checkSiblings(entry, complainer(file));
for (const mistake of mistakes) console.error(mistake);
const sizes = [...entries.values()].flatMap(entry => Object.values(entry.sizes));
console.log(`${entries.size} lines of models in ${sizes.length} sizes: ${mistakes.length} mistakes`);
process.exitCode = mistakes.length === 0 ? 0 : 1;

function complainer(file) {
	return (place, words) => mistakes.push(`${file}: ${place || '/'}: ${words}`);
}

function check(file) {
	const complain = complainer(file);
	const text = readFileSync(path.join(folder, file), 'utf8');
	let entry;
	try {
		entry = JSON.parse(text);
	} catch (error) {
		return complain('', `is no JSON (${error.message})`);
	}
	if (!validate(entry)) {
		for (const error of validate.errors.filter(({keyword}) => keyword !== 'if'))
			complain(error.instancePath, wordsOf(error));
		return;
	}
	try {
		house.parseEntry(entry);
	} catch (error) {
		return complain('', error.message);
	}
	if (file !== `${entry.name}.json`) complain('/name', `is "${entry.name}", and the file is called ${file}`);
	entries.set(file, entry);
	checkEntry(entry, complain);
	const laidOut = `${layOut(entry)}\n`;
	if (options.includes('--write')) writeFileSync(path.join(folder, file), laidOut);
	else if (text !== laidOut) complain('', 'is not laid out as the house does: npm run registry:check -- --write');
}

function wordsOf({message, params}) {
	if (params.additionalProperty !== undefined)
		return `has "${params.additionalProperty}", which the schema does not know`;
	if (params.allowedValues !== undefined) return `${message}: ${params.allowedValues.join(', ')}`;
	return message;
}

function checkEntry(entry, complain) {
	const used = new Set();
	for (const [name, size] of Object.entries(entry.sizes)) {
		const place = `/sizes/${name}`;
		const tags = size.variants.map(({tag}) => tag);
		for (const tag of doubles(tags)) complain(`${place}/variants`, `two have the tag ${tag}`);
		for (const [index, variant] of size.variants.entries()) {
			for (const companion of variant.companions ?? []) used.add(companion);
			const at = `${place}/variants/${index}`;
			checkVariant(entry, variant, (below, words) => complain(`${at}${below}`, words));
			const {wanted, name: found} = house.matchTag(entry, `${name}-${variant.tag}`) ?? {};
			if (found !== `${entry.name}:${name}` || wanted !== variant.tag)
				complain(`${at}/tag`, `${entry.name}:${name}-${variant.tag} means ${found ?? 'nothing'}`);
		}
		const {runs} = house.factsOf(entry, size);
		if (runs && size.variants.every(variant => variant.runs === false))
			complain(place, 'runs, and none of its variants does');
	}
	const words = Object.entries(entry.sizes).flatMap(([name, {aliases = []}]) => [name].concat(aliases));
	for (const word of doubles(words)) complain('/sizes', `${word} means two sizes`);
	for (const word of words) if (word === 'latest') complain('/sizes', 'latest is another word for the default');
	for (const name of Object.keys(entry.companions ?? {}))
		if (!used.has(name)) complain(`/companions/${name}`, 'belongs to no variant');
}

function checkVariant(entry, variant, complain) {
	const all = house.filesOf(entry, variant);
	for (const role of doubles(all.map(({role}) => role))) complain('/files', `two have the role ${role}`);
	const whole = ({repository = variant.repository, file}) => `${repository}/${file}`;
	for (const file of doubles(all.map(whole))) complain('/files', `${file} is there twice`);
	const weights = variant.files.filter(({role}) => role.startsWith('weights'));
	if (weights.length === 0) complain('/files', 'none has the role weights');
	if (variant.format === 'pickle' && variant.runs !== false && entry.runs)
		complain('/format', 'a pickle is never run: say "runs": false, and why');
	checkFormat(variant, weights, complain);
	checkRoles(variant, all, complain);
}

function checkFormat({format, quantization}, weights, complain) {
	for (const {file} of weights) {
		if (!endings[format].test(file)) complain('/files', `"${file}" is not named as ${format} files are`);
		const said = format === 'gguf' ? house.quantizationName(file) : format === 'onnx' ? house.onnxType(file) : null;
		if (said !== null && quantization?.toLowerCase() !== said.toLowerCase())
			complain('/quantization', `is ${quantization ?? 'missing'}, and the name ${file} says ${said}`);
	}
}

/** The same file has the same role wherever it comes from, so that an adapter asks once. */
function checkRoles(variant, all, complain) {
	const own = all.filter(({repository = variant.repository}) => repository === variant.repository);
	const [group] = house.groupFiles(own.map(({file, bytes}) => ({file, bytes: bytes ?? 1})));
	for (const {role, file} of group?.files ?? []) {
		const said = own.find(known => known.file === file.file)?.role;
		if (said !== role) complain('/files', `${file.file} has the role ${said}; elsewhere it is ${role}`);
	}
}

function checkNames() {
	const owners = new Map();
	for (const [file, entry] of entries)
		for (const name of [entry.name, ...(entry.aliases ?? [])]) {
			const complain = complainer(file);
			if (owners.has(name)) complain('/name', `${name} is in ${owners.get(name)} as well`);
			owners.set(name, file);
			const task = house.apiTask(name);
			if (task !== null)
				complain('/name', `${name} is a hosted service's name and means the default model for ${task}`);
			if (parsed(name)?.kind !== 'registered') complain('/name', `${name} cannot be typed as the name of a model`);
		}
}

function parsed(name) {
	try {
		return house.parseName(name);
	} catch {
		return undefined;
	}
}

function checkSiblings(entry, complain) {
	for (const [name, {sibling, parameters}] of Object.entries(entry.sizes)) {
		if (!sibling) continue;
		const place = `/sizes/${name}/sibling`;
		const [line, size] = sibling.split(':');
		const found = entries.get(`${line}.json`)?.sizes[size];
		if (found === undefined) complain(place, `there is no ${sibling}`);
		else if (parameters !== null && found.parameters !== null && found.parameters >= parameters)
			complain(place, `${sibling} is not smaller`);
	}
}

function doubles(words) {
	return [...new Set(words.filter((word, index) => words.indexOf(word) !== index))];
}

/** What fits a line stands on one, so that a list of files reads as a table. */
function layOut(value, indent = '') {
	if (typeof value !== 'object' || value === null) return JSON.stringify(value);
	const isList = Array.isArray(value);
	const deeper = `${indent}\t`;
	const items = Object.entries(value).map(
		([key, item]) => `${isList ? '' : `${JSON.stringify(key)}: `}${layOut(item, deeper)}`,
	);
	const [open, close] = isList ? '[]' : '{}';
	const line = `${open}${items.join(', ')}${close}`;
	if (indent !== '' && !line.includes('\n') && line.length + indent.length * 3 <= 140) return line;
	if (isList && value.every(item => typeof item === 'string'))
		return `${open}\n${wrapped(items, deeper)}\n${indent}${close}`;
	return `${open}\n${items.map(item => deeper + item).join(',\n')}\n${indent}${close}`;
}

function wrapped(words, indent) {
	const lines = [''];
	for (const [index, word] of words.entries()) {
		const item = index === words.length - 1 ? word : `${word},`;
		if (lines.at(-1) !== '' && lines.at(-1).length + item.length > 110) lines.push('');
		lines[lines.length - 1] += lines.at(-1) === '' ? item : ` ${item}`;
	}
	return lines.map(line => indent + line).join('\n');
}

/** The program's own rules, so that nothing is said twice. */
async function program(modules) {
	const {outputFiles} = await build({
		stdin: {contents: modules.map(file => `export * from './${file}';`).join('\n'), resolveDir: path.join(root, 'src')},
		bundle: true,
		format: 'esm',
		platform: 'node',
		write: false,
		logLevel: 'error',
	});
	return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
