import {readdirSync, readFileSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, expect, test} from 'vitest';
import type {OutdatedReport, VerifyEvent} from '../../../src/contract/store.ts';
import {modelsToVerify} from '../../../src/daemon/models-to-verify.ts';
import {outdatedModels} from '../../../src/daemon/outdated-models.ts';
import {registeredFiles} from '../../../src/daemon/registered-files.ts';
import {Aliases} from '../../../src/models/aliases.ts';
import type {Hub} from '../../../src/models/hub/hub.ts';
import {Library} from '../../../src/models/library.ts';
import {parseName} from '../../../src/models/name.ts';
import {pullVariant} from '../../../src/models/pull/pull-variant.ts';
import {verifyFiles} from '../../../src/models/pull/verify-files.ts';
import type {Registry} from '../../../src/models/registry/registry.ts';
import {resolveModel} from '../../../src/models/resolve/resolve-model.ts';
import type {HubServer} from '../../fixtures/hub/start-hub.ts';
import {converted, hubOf, original, turboAlone} from '../../helpers/scattered-model.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

const {signal} = new AbortController();
const name = 'microsoft/sd-turbo-webnn';
const vocabulary = 'tokenizer/vocab.json';

interface Place {
	readonly hub: Hub;
	readonly server: HubServer;
	readonly registry: Registry;
	readonly library: Library;
	readonly cache: string;
	readonly state: string;
	readonly pull: (name: string) => Promise<void>;
	/** Of the newest commit that is here. */
	readonly path: (file: string) => string;
}

/** sd-turbo, fetched: its graphs are of one repository, its vocabulary is of another. */
async function pulled(): Promise<Place> {
	const {hub, server} = await hubOf(converted, original);
	const registry = turboAlone();
	const root = temporaryFolder();
	const [cache, state] = [path.join(root, 'hub'), path.join(root, 'state')];
	const library = new Library({
		starters: path.join(root, 'none'),
		hubCache: cache,
		registered: text => registeredFiles(registry, text),
	});
	const pull = async (text: string): Promise<void> => {
		const {model} = await resolveModel(parseName(text), {hub, registry, signal});
		for await (const _ of pullVariant({hub, cache, state, model, variant: model.variants[0], fit: null, signal}));
	};
	await pull('sd-turbo');
	const repository = path.join(cache, 'models--microsoft--sd-turbo-webnn');
	const at = (file: string): string => {
		const commit = readFileSync(path.join(repository, 'refs/main'), 'utf8');
		return path.join(repository, 'snapshots', commit, ...file.split('/'));
	};
	return {hub, server, registry, library, cache, state, pull, path: at};
}

async function repair({registry, library, cache, state, hub}: Place): Promise<readonly VerifyEvent[]> {
	const adopted = path.join(temporaryFolder(), 'adopted');
	const aliases = new Aliases(path.join(temporaryFolder(), 'aliases.json'));
	const models = await modelsToVerify([name], {cache, adopted, library, registry, aliases});
	const events: VerifyEvent[] = [];
	for await (const event of verifyFiles({hub, cache, state, models, signal})) events.push(event);
	return events;
}

const outdated = ({library, registry, hub}: Place): Promise<readonly OutdatedReport[]> =>
	outdatedModels(null, {library, registry, hub}, signal);

const changed = Buffer.from('{"a</w>": 0}');
const changedOriginal = {...original, files: {...original.files, [vocabulary]: changed}};

describe('a build with a file that comes from another repository', () => {
	test.each(['damaged', 'missing'] as const)('is repaired from there when that file is %s', async state => {
		const place = await pulled();
		const blob = realpathSync(place.path(vocabulary));
		const whole = readFileSync(blob);
		if (state === 'missing') rmSync(blob);
		else writeFileSync(blob, whole.toReversed());
		const events = await repair(place);
		expect(events).toContainEqual(expect.objectContaining({file: vocabulary, state: 'repaired'}));
		expect(events.at(-1)).toMatchObject({damaged: 1, repaired: 1});
		expect(readFileSync(place.path(vocabulary))).toEqual(whole);
		expect(readdirSync(place.cache)).not.toContain('models--stabilityai--sd-turbo');
	});

	test('says so when that repository has something else by now', async () => {
		const place = await pulled();
		rmSync(realpathSync(place.path(vocabulary)));
		place.server.push(changedOriginal);
		expect(await repair(place)).toContainEqual(
			expect.objectContaining({
				file: vocabulary,
				state: 'missing',
				failure: expect.objectContaining({code: 'content-mismatch'}),
			}),
		);
	});

	test('is not outdated because its own repository lacks the file', async () => {
		const place = await pulled();
		expect(await outdated(place)).toEqual([]);
		place.server.push({...converted, files: {...converted.files, 'README.md': Buffer.from('New')}});
		expect(await outdated(place)).toMatchObject([{repository: name, filesChanged: false, downloadBytes: 0}]);
	});

	test('is outdated when that file is, and fetched anew by the name in the report', async () => {
		const place = await pulled();
		place.server.push(changedOriginal);
		const [report] = await outdated(place);
		expect(report).toMatchObject({repository: name, filesChanged: true, downloadBytes: changed.length});
		await place.pull(report?.model ?? '');
		expect(readFileSync(place.path(vocabulary))).toEqual(changed);
		expect(await outdated(place)).toEqual([]);
	});

	test('keeps it when its own repository moves on', async () => {
		const place = await pulled();
		place.server.push({...converted, files: {...converted.files, 'README.md': Buffer.from('New')}});
		await place.pull(name);
		expect(readFileSync(place.path(vocabulary))).toEqual(original.files[vocabulary]);
		expect(await outdated(place)).toEqual([]);
	});
});

test('other repositories are not asked for one that the registry does not know to need them', async () => {
	const other = {...converted, name: 'someone/sd-turbo-webnn'};
	const {hub, server} = await hubOf(other, original);
	await resolveModel(parseName(other.name), {hub, registry: turboAlone(), signal});
	expect(server.requests.some(({path: asked}) => asked.includes(original.name))).toBe(false);
});
