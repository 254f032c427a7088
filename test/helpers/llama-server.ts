import {execFileSync} from 'node:child_process';
import {copyFileSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {findProgram} from '../../src/lib/ffmpeg.ts';
import type {InstalledModel} from '../../src/contract/manifest.ts';
import {Descriptions} from '../../src/models/cache/descriptions.ts';
import {pathModel} from '../../src/models/path-model.ts';
import {repositoryRoot} from './bundle.ts';
import {storiesModel, storiesPath, storiesPresent} from './stories.ts';

/** The program that answers as it is told, instead of a model. */
export const standIn: string = path.join(repositoryRoot, 'test/fixtures/llama-server/llama-server.mjs');
/** A projector of random weights for the model of the stories. */
export const projectorPath: string = path.join(repositoryRoot, 'test/fixtures/gguf/projector.gguf');

/** The real program: the one that the environment names, else one of this machine's. */
export const realProgram: string | null =
	process.env['MOFA_TEST_LLAMA_SERVER'] ?? (await findProgram('llama-server', process.env['PATH'] ?? ''));
export const canSee: boolean = realProgram !== null && storiesPresent;
if (realProgram === null)
	console.warn('SKIPPED: tests of a real llama-server need MOFA_TEST_LLAMA_SERVER, or one in PATH');

/** A model whose file has the name of what the stand-in does. */
export function standInModel(behaviour: string, folder: string): InstalledModel {
	const weights = path.join(folder, `${behaviour}.gguf`);
	const projector = path.join(folder, 'mmproj.gguf');
	for (const file of [weights, projector]) writeFileSync(file, '');
	const stories = storiesModel();
	const files = [
		{role: 'weights', url: `file://${weights}`, bytes: 1000},
		{role: 'projector', url: `file://${projector}`, bytes: 500},
	];
	const variant = {...stories.variant, files};
	return {
		id: behaviour,
		manifest: {...stories.manifest, name: behaviour, tasks: ['chat'], accepts: ['image'], variants: [variant]},
		variant,
		paths: {weights, projector},
	};
}

export function readTold<T>(folder: string, name: string): T {
	return JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as T;
}

const template = '{% for message in messages %}{{ message.content }} {% endfor %}Then';

/** A folder with the model of the stories, given a chat template, and a projector beside it. */
export function storiesThatSee(folder: string): string {
	const file = path.join(folder, 'stories.gguf');
	mkdirSync(folder, {recursive: true});
	writeFileSync(file, withText(readFileSync(storiesPath), 'tokenizer.chat_template', template));
	copyFileSync(projectorPath, path.join(folder, 'mmproj-stories.gguf'));
	return file;
}

export async function seeingModel(folder: string): Promise<InstalledModel> {
	return (await pathModel(storiesThatSee(folder), new Descriptions())).installed;
}

/** The same GGUF with one text more in its header, which comes first. Tensors stay aligned: offsets count from their own begin. */
export function withText(gguf: Buffer, key: string, value: string): Buffer {
	const text = (words: string): Buffer => {
		const length = Buffer.alloc(8);
		length.writeBigUInt64LE(BigInt(Buffer.byteLength(words)));
		return Buffer.concat([length, Buffer.from(words)]);
	};
	const kind = Buffer.alloc(4);
	kind.writeUInt32LE(8);
	const alignment = 32;
	const size = text(key).length + kind.length + text('').length + Buffer.byteLength(value);
	// As long as a multiple of the alignment, the tensors stay where they have to be.
	const padded = value + ' '.repeat((alignment - (size % alignment)) % alignment);
	const head = Buffer.from(gguf.subarray(0, 24));
	head.writeBigUInt64LE(head.readBigUInt64LE(16) + 1n, 16);
	return Buffer.concat([head, text(key), kind, text(padded), gguf.subarray(24)]);
}

/** The programs, and the shells that guard them, that were started for a model in this folder. Linux and macOS. */
export function programsFor(folder: string): ReadonlyArray<{readonly pid: number; readonly isGuard: boolean}> {
	const listed = execFileSync('ps', ['-eo', 'pid=,args='], {encoding: 'utf8', maxBuffer: 2 ** 26});
	return listed
		.split('\n')
		.filter(line => line.includes(`--model ${folder}`))
		.map(line => ({pid: Number(line.trim().split(' ')[0]), isGuard: line.includes('/bin/sh -c')}));
}
