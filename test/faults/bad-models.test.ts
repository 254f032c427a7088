import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {readGgufHeader} from '../../src/models/gguf/read-header.ts';
import {damaged, randomNumbers} from '../helpers/damaged.ts';
import {alteredLlama} from '../helpers/gguf.ts';
import {guideFile, guidePresent, patience, User, type Outcome} from '../helpers/user.ts';

describe.skipIf(!guidePresent)('a file that is no model', patience, () => {
	let user: User;
	let daemon = 0;
	beforeAll(async () => {
		user = new User();
		daemon = (await user.daemon()).pid;
	});
	afterAll(() => user[Symbol.asyncDispose]());

	const guide = guidePresent ? readFileSync(guideFile) : Buffer.alloc(0);
	const files: Readonly<Record<string, Uint8Array>> = {
		'cut-in-its-header.gguf': guide.subarray(0, 3000),
		'cut-in-its-weights.gguf': guide.subarray(0, guide.length - 100_000),
		'empty.gguf': Buffer.alloc(0),
		'a-web-page.gguf': Buffer.from(
			'<!DOCTYPE html>\n<html><head><title>404</title></head><body>Not Found</body></html>\n',
		),
		'wrong-magic.gguf': Buffer.concat([Buffer.from('FGUG'), guide.subarray(4)]),
		'no-heads.gguf': alteredLlama({'llama.attention.head_count': {type: 'u32', value: 0}}),
		'one byte.gguf': Buffer.from('G'),
	};

	test.each(Object.keys(files))('%s ends with exit code 7 and one clear line, and the daemon lives', async name => {
		writeFileSync(user.file(name), files[name] ?? '');
		const outcome = await ask(name);
		expect(outcome).toMatchObject({code: 7, out: ''});
		expect(complaints(outcome)).toHaveLength(1);
		expect(complaints(outcome)[0]).toContain(name);
		expect(user.daemonPid()).toBe(daemon);
	});

	test('a file that is not there ends with exit code 3, and one whose name is close is named', async () => {
		writeFileSync(user.file('good.gguf'), guide);
		const outcome = await ask('god.gguf');
		expect(outcome).toMatchObject({code: 3, out: ''});
		expect(complaints(outcome)).toHaveLength(1);
		expect(outcome.err).toContain('good.gguf');
	});

	test('twenty randomly damaged headers are refused in one clear line or still answer, and the daemon lives', async () => {
		const random = randomNumbers(2407);
		const {dataOffset} = await readGgufHeader(guideFile);
		const copies = Array.from({length: 20}, (_, index) => {
			const name = `damaged-${index}.gguf`;
			// The counts, keys and types lie in front of the long lists of tokens; half of the damage goes there.
			const end = index % 2 === 0 ? 2048 : dataOffset;
			writeFileSync(user.file(name), damaged(guide, 4, end, random));
			return name;
		});
		const wrong: object[] = [];
		await inPairs(copies, async name => {
			const outcome = await ask(name);
			const fine = outcome.code === 0 ? complaints(outcome).length === 0 : complaints(outcome).length === 1;
			if (!fine || ![0, 3, 4, 7].includes(outcome.code ?? -1) || user.daemonPid() !== daemon)
				wrong.push({name, ...outcome});
		});
		expect(wrong).toEqual([]);
		expect((await user.client().version()).pid).toBe(daemon);
	});

	function ask(name: string): Promise<Outcome> {
		const options = ['--option', 'num_predict=3', '--option', 'temperature=0', '--keep-alive', '0'];
		return user.run(['run', `.${path.sep}${name}`, ...options, 'Hello'], {cwd: path.dirname(user.file(name))});
	}
});

/** The lines that complain. Anything else on stderr but a way on, or a note about the template, is a fault in itself. */
function complaints({err}: Outcome): readonly string[] {
	const lines = err.split('\n').filter(line => line !== '');
	const ways = lines.filter(line => line.startsWith('→ '));
	const complaints = lines.filter(line => line.startsWith('error: '));
	const others = lines.filter(
		line => !ways.includes(line) && !complaints.includes(line) && !line.includes('no chat template'),
	);
	if (ways.length > 1 || others.length > 0) throw new Error(`more than one line and a way on:\n${err}`);
	return complaints;
}

async function inPairs<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
	const waiting = [...items];
	const worker = async (): Promise<void> => {
		for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
	};
	await Promise.all([worker(), worker()]);
}
