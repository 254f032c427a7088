import {expect, test} from 'vitest';
import {MofaError} from '../../../../src/contract/error.ts';
import {fakeClient, fakeModel, type FakeClient} from '../../../helpers/fake-client.ts';
import {fakeStore, pullStart, pullsOneFile, type FakeStore} from '../../../helpers/fake-store.ts';
import {runCli} from '../../../helpers/run-cli.ts';

/** A machine on which `qwen3:8b` appears when it is pulled. */
function machine(): {client: FakeClient; store: FakeStore} {
	const models = [fakeModel()];
	const store = fakeStore({
		async *pull(ask) {
			yield* pullsOneFile(ask);
			models.push(fakeModel({name: 'qwen3:8b'}));
		},
	});
	return {client: fakeClient({models}), store};
}

const watched = {isTerminal: {stdout: false, stderr: true}} as const;

test('a person sees what comes, and then the answer', async () => {
	const {code, out, err, client, store} = await runCli(['run', 'qwen3', 'Hi'], {...watched, ...machine()});
	expect(code).toBe(0);
	expect(out).toBe('Hello there.\n');
	expect(err).toContain('pulling qwen3:8b (Q4_K_M) from Qwen/Qwen3-8B-GGUF: 4.9 GB');
	expect(client.asks[0]?.model).toBe('qwen3:8b');
	expect(store.calls).toEqual(['pull qwen3', 'dispose']);
});

test('a repository of the Hub is asked for without the registry', async () => {
	const {code, store} = await runCli(['run', 'Org/Repo:Q4_K_M', 'Hi'], {...watched, ...machine()});
	expect(code).toBe(0);
	expect(store.calls).toEqual(['pull Org/Repo:Q4_K_M', 'dispose']);
});

test('a size of a model that is known by its family is known too', async () => {
	expect((await runCli(['run', 'qwen3:8b-q8_0', 'Hi'], {...watched, ...machine()})).code).toBe(0);
});

test('a script is told what to type, and nothing is fetched', async () => {
	const {code, out, err, store} = await runCli(['run', 'qwen3', 'Hi'], machine());
	expect({code, out}).toEqual({code: 3, out: ''});
	expect(err).toContain('no model called "qwen3" is on this machine');
	expect(err).toContain('→ mofa pull qwen3');
	expect(store.calls).toEqual(['dispose']);
});

test('a script that says --yes gets it', async () => {
	const {code, out, err} = await runCli(['run', 'qwen3', 'Hi', '--yes'], machine());
	expect({code, out}).toEqual({code: 0, out: 'Hello there.\n'});
	expect(err).not.toContain('\u001B');
});

test('a name nobody knows is not asked of the Hub, and names of the registry are near', async () => {
	const {code, err, store} = await runCli(['run', 'qwem3', 'Hi'], {...watched, ...machine()});
	expect(code).toBe(3);
	expect(err).toContain('did you mean qwen3');
	expect(store.calls).toEqual(['dispose']);
});

test('a question without quotes is still recognised', async () => {
	const {code, err} = await runCli(['run', 'how', 'do', 'I', 'list', 'models'], {...watched, ...machine()});
	expect(code).toBe(3);
	expect(err).toContain('put the question in quotes');
});

test('a path is never looked for on the Hub', async () => {
	const {code, store} = await runCli(['run', './nothing/here.gguf', 'Hi'], {...watched, ...machine()});
	expect(code).toBe(3);
	expect(store.calls).toEqual([]);
});

test('a repository that is not there is told as such, and not to be pulled', async () => {
	const store = fakeStore({
		async *pull({model}) {
			if (model === 'org/nothing') throw new MofaError('model-not-found', {model, similar: []});
			yield pullStart();
		},
	});
	const {code, err} = await runCli(['run', 'org/nothing', 'Hi'], {...watched, client: fakeClient(), store});
	expect(code).toBe(3);
	expect(err).toContain('the Hub has no model called "org/nothing"');
	expect(err).not.toContain('mofa pull');
});

test.each([
	['in a script', {}, 4, 'mofa pull big --yes'],
	['after a no', {isTerminal: true, input: null, typed: ['n']}, 4, 'org/big was not downloaded'],
] as const)('what does not fit is not fetched %s', async (_, terminal, code, said) => {
	const store = fakeStore({
		async *pull({evenIfUnfit}) {
			if (!evenIfUnfit)
				throw new MofaError('does-not-fit', {model: 'big', needs: {ram: 4e10}, has: {ram: 8e9}, passedOver: []});
			yield pullStart();
		},
	});
	const options = 'isTerminal' in terminal ? terminal : watched;
	const result = await runCli(['run', 'org/big', 'Hi'], {...options, client: fakeClient(), store});
	expect(result.code).toBe(code);
	expect(result.err).toContain(said.replace('pull big', 'pull org/big'));
});

test('Ctrl-C while it comes ends with 130 and says how to go on', async () => {
	const controller = new AbortController();
	const store = fakeStore({
		async *pull({signal}) {
			yield pullStart({presentBytes: 0});
			controller.abort();
			signal.throwIfAborted();
		},
	});
	const {code, err} = await runCli(['run', 'org/a', 'Hi'], {
		...watched,
		client: fakeClient(),
		store,
		signal: controller.signal,
	});
	expect(code).toBe(130);
	expect(err).toContain('mofa pull org/a goes on where it stopped');
});
