#!/usr/bin/env node
/**
 * Asks the guide, greedily and through llama.cpp, everything in held-out.json, out-of-domain.json, json-prompts.json,
 * tool-prompts.json and follow-ups.json, and prints the figures of the README as JSON.
 *
 *     node evaluate.mjs [--model FILE] [--questions dev.json] [--outside out-of-domain-2.json] [--system TEXT] [--wrong] [--ask TEXT …]
 *
 * --wrong also prints each miss; --ask prints the answers to your own questions and nothing else.
 */
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {Template} from '@huggingface/jinja';
import {getLlama, LlamaLogLevel} from 'node-llama-cpp';
import {inventions} from './check.mjs';
import {toParts} from './chatml.mjs';
import {reference} from './reference.mjs';
import {tokenizer} from './tokenizer.mjs';

const here = import.meta.dirname;
const {values: options} = parseArgs({
	options: {model: {type: 'string', default: path.join(here, '../guide.gguf')}, questions: {type: 'string', default: 'held-out.json'}, wrong: {type: 'boolean'}, ask: {type: 'string', multiple: true}, outside: {type: 'string', default: 'out-of-domain.json'}, system: {type: 'string'}},
});
const read = name => JSON.parse(readFileSync(path.join(here, name), 'utf8'));

const llama = await getLlama({build: 'never', gpu: false, maxThreads: 1, logLevel: LlamaLogLevel.error});
const model = await llama.loadModel({modelPath: options.model});
const context = await model.createContext({contextSize: 2048, threads: 1});
const sequence = context.getSequence();
const template = new Template(model.fileInfo.metadata.tokenizer.chat_template);

async function ask(messages, tools) {
	const prompt = template.render({messages, tools, add_generation_prompt: true});
	const tokens = [];
	await sequence.clearHistory();
	for await (const token of sequence.evaluate(model.tokenize(prompt, true), {temperature: 0})) {
		if (model.isEogToken(token) || tokens.length >= 200) break;
		tokens.push(token);
	}
	return model.detokenize(tokens, true);
}

if (options.ask) {
	for (const question of options.ask) console.log(`${question}\n  ${await ask([{role: 'user', content: question}])}`);
	process.exit(0);
}

const known = await reference();
const misses = [];
const answers = [];
const miss = (kind, question, answer) => misses.push({kind, question, answer});
const share = (right, all) => Number((right / all).toFixed(4));

const topics = {};
for (const [topic, expected, question] of read(options.questions)) {
	const answer = await ask([...(options.system ? [{role: 'system', content: options.system}] : []), {role: 'user', content: question}]);
	answers.push(answer);
	const right = isRight(answer, expected);
	topics[topic] ??= {right: 0, of: 0};
	topics[topic].of++;
	if (right) topics[topic].right++;
	else miss(`${topic}: ${expected}`, question, answer);
}
const all = Object.values(topics);
const commandTopics = ['run', 'models', 'memory', 'daemon', 'setup', 'chat', 'hub', 'speech', 'pictures', 'vectors', 'plugins'].map(topic => topics[topic]).filter(Boolean);
const sum = (list, key) => list.reduce((total, item) => total + item[key], 0);

let refused = 0;
const outside = read(options.outside);
for (const question of outside) {
	const answer = await ask([{role: 'user', content: question}]);
	answers.push(answer);
	if (/\btoy\b/.test(answer)) refused++;
	else miss('out of domain', question, answer);
}

let json = 0;
const jsonPrompts = read('json-prompts.json');
for (const question of jsonPrompts) {
	const answer = await ask([{role: 'user', content: question}]);
	if (parses(answer)) json++;
	else miss('json', question, answer);
}

let parsed = 0;
let exact = 0;
const toolPrompts = read('tool-prompts.json');
for (const {ask: question, tool, arguments: wanted} of toolPrompts) {
	const answer = await ask([{role: 'user', content: question}], [{type: 'function', function: tool}]);
	const call = /^<tool_call>\n(.*)\n<\/tool_call>$/s.exec(answer)?.[1];
	const value = call && parses(call);
	if (value) parsed++;
	if (value && value.name === tool.name && JSON.stringify(value.arguments) === JSON.stringify(wanted)) exact++;
	else miss('tool', question, answer);
}

let followed = 0;
const followUps = read('follow-ups.json');
for (const [expected, ...turns] of followUps) {
	const messages = [];
	for (const content of turns) {
		messages.push({role: 'user', content});
		messages.push({role: 'assistant', content: await ask(messages)});
	}
	const answer = messages.at(-1).content;
	answers.push(answer);
	if (isRight(answer, expected)) followed++;
	else miss(`follow-up: ${expected}`, turns.join(' / '), answer);
}

const invented = answers.filter(answer => inventions(answer, known).length > 0);
for (const answer of invented) miss('invented', inventions(answer, known).join(' '), answer);

const sample = sampleTexts();
const {encode} = tokenizer(read('tokenizer.json'));
const sameTokens = sample.filter(text => JSON.stringify(encode(text)) === JSON.stringify([...model.tokenize(text, true)]));

if (options.wrong) for (const {kind, question, answer} of misses) console.log(`[${kind}] ${question}\n    ${answer}`);
console.log(
	JSON.stringify(
		{
			questions: {file: options.questions, right: share(sum(all, 'right'), sum(all, 'of')), of: sum(all, 'of')},
			commandQuestions: {right: share(sum(commandTopics, 'right'), sum(commandTopics, 'of')), of: sum(commandTopics, 'of')},
			topics: Object.fromEntries(Object.entries(topics).map(([topic, {right, of}]) => [topic, `${right}/${of}`])),
			outOfDomainRefused: {share: share(refused, outside.length), of: outside.length},
			validJson: {share: share(json, jsonPrompts.length), of: jsonPrompts.length},
			toolCalls: {parsed: share(parsed, toolPrompts.length), exact: share(exact, toolPrompts.length), of: toolPrompts.length},
			followUps: {right: share(followed, followUps.length), of: followUps.length},
			answersNamingOnlyWhatExists: share(answers.length - invented.length, answers.length),
			tokenisedAlike: `${sameTokens.length}/${sample.length}`,
		},
		null,
		'\t',
	),
);
process.exit(0);

/**
 * `mofa …` must be how the answer's first command begins, and that has no other flag than the ones expected; anything
 * else must be in the answer; `a|b`: either.
 */
function isRight(answer, expected) {
	if (!expected.startsWith('mofa ') || expected === 'mofa guide') return expected.split('|').some(text => answer.includes(text));
	const first = [...answer.matchAll(/`([^`]+)`/g)].map(match => match[1]).find(code => /\bmofa /.test(code)) ?? '';
	const line = first.slice(first.indexOf('mofa '));
	return `${line} `.startsWith(`${expected} `) && (expected.includes('--') || !/ --/.test(line));
}

function parses(text) {
	try {
		const value = JSON.parse(text);
		return typeof value === 'object' && value !== null ? value : undefined;
	} catch {
		return undefined;
	}
}

/** Corpus text as training saw it, and what trips tokenizers: emoji, Chinese, digits, runs of spaces, code. */
function sampleTexts() {
	const lines = readFileSync(path.join(here, 'out/corpus.jsonl'), 'utf8').split('\n').slice(0, 300).map(line => JSON.parse(line));
	return [
		...lines.map(conversation => toParts(conversation).map(({text}) => text).join('')),
		'a  b   c\n\n d\t`x` 👋🏽 你好 1234 3.14 it\'s IT\'S don’t', 'C++ --flag=1 ~/.config/mofa <b>', '  \n  ', 'naïve Ærø 한국어 العربية',
	];
}
