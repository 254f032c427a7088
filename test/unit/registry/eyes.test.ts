import path from 'node:path';
import {expect, test} from 'vitest';
import {defaultModel, standIn} from '../../../src/daemon/default-model.ts';
import {starterEntry} from '../../../src/models/library-entries.ts';
import {starterModels} from '../../../src/models/starters.ts';

const starters = await starterModels(path.resolve(import.meta.dirname, '../../../registry/starter'));
const fits = async (): Promise<boolean> => true;

test('the guide chats and the eyes see, where nobody named a model', async () => {
	const chatting = starters.map(starterEntry);
	const seeing = starters.filter(({installed}) => installed.manifest.accepts?.includes('image')).map(starterEntry);
	expect((await defaultModel('chat', null, chatting, fits)).model).toBe('guide');
	expect(await standIn('chat', null, chatting, fits)).toBe('guide');
	expect((await defaultModel('chat', null, seeing, fits)).because).toMatch(/^the built-in eyes, a toy of /);
});
