import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {expect, test} from 'vitest';
import {Aliases} from '../../../src/models/aliases.ts';
import {UsageRecord} from '../../../src/models/usage-record.ts';
import {temporaryFolder} from '../../helpers/temporary-folder.ts';

const free = async (): Promise<boolean> => false;

function place(): {file: string; aliases: Aliases} {
	const file = path.join(temporaryFolder(), 'data', 'aliases.json');
	return {file, aliases: new Aliases(file)};
}

test('an alias is found whatever its case, also by the next process', async () => {
	const {file, aliases} = place();
	expect(await aliases.set({model: 'org/a:Q8_0', alias: 'Writer', force: false, taken: free})).toEqual({
		alias: 'Writer',
		model: 'org/a:Q8_0',
	});
	expect(await new Aliases(file).get(' writer ')).toBe('org/a:Q8_0');
	expect(await aliases.get('reader')).toBeUndefined();
});

test('a name that is taken is refused; force replaces another alias, and no model', async () => {
	const {aliases} = place();
	const ask = (model: string, alias: string, force = false): Promise<unknown> =>
		aliases.set({model, alias, force, taken: async name => name === 'guide'});
	await ask('org/a:Q8_0', 'writer');
	await ask('org/a:Q8_0', 'writer');
	await expect(ask('org/b:Q8_0', 'WRITER')).rejects.toMatchObject({code: 'invalid-request'});
	await ask('org/b:Q8_0', 'WRITER', true);
	expect([...(await aliases.all())]).toEqual([['WRITER', 'org/b:Q8_0']]);
	await expect(ask('org/b:Q8_0', 'guide', true)).rejects.toMatchObject({code: 'invalid-request'});
	for (const alias of ['', './file', 'a b', '../x/y']) await expect(ask('m', alias)).rejects.toBeDefined();
});

test('many changes at once are all kept', async () => {
	const {aliases} = place();
	const names = Array.from({length: 20}, (_, at) => `name-${at}`);
	await Promise.all(names.map(alias => aliases.set({model: 'm', alias, force: false, taken: free})));
	expect([...(await aliases.all()).keys()].toSorted()).toEqual(names.toSorted());
	expect(await aliases.remove('NAME-3')).toBe(true);
	expect(await aliases.remove('name-3')).toBe(false);
	await aliases.removeOf('m');
	expect((await aliases.all()).size).toBe(0);
});

test('what another process sets, changes and takes away is seen by the next ask', async () => {
	const {file, aliases} = place();
	const other = new Aliases(file);
	expect(await aliases.get('writer')).toBeUndefined();
	await other.set({model: 'org/a:Q8_0', alias: 'writer', force: false, taken: free});
	expect(await aliases.get('writer')).toBe('org/a:Q8_0');
	await other.set({model: 'org/b:Q8_0', alias: 'writer', force: true, taken: free});
	expect(await aliases.get('writer')).toBe('org/b:Q8_0');
	await other.remove('writer');
	expect(await aliases.get('writer')).toBeUndefined();
});

test('a damaged file is an error, and is not written over', async () => {
	const {file, aliases} = place();
	await aliases.set({model: 'm', alias: 'a', force: false, taken: free});
	writeFileSync(file, '{"a": "m",');
	await expect(aliases.all()).rejects.toMatchObject({code: 'file-error'});
	await expect(aliases.set({model: 'm', alias: 'b', force: false, taken: free})).rejects.toMatchObject({
		code: 'file-error',
	});
	expect(readFileSync(file, 'utf8')).toBe('{"a": "m",');
});

test('the last use of a model is remembered, over what another process wrote', async () => {
	const file = path.join(temporaryFolder(), 'usage.json');
	const [one, two] = [new UsageRecord(file), new UsageRecord(file)];
	await one.touch('a', new Date(1000));
	await two.touch('b', new Date(2000));
	await one.touch('a', new Date(3000));
	expect(Object.fromEntries(await two.all())).toEqual({
		a: '1970-01-01T00:00:03.000Z',
		b: '1970-01-01T00:00:02.000Z',
	});
	writeFileSync(file, '{"a": 7, "b": "yesterday", "c"');
	expect((await one.all()).size).toBe(0);
	await one.touch('a');
	expect([...(await one.all()).keys()]).toEqual(['a']);
});
