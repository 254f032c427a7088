import {describe, expect, test} from 'vitest';
import {plain, scriptPresent, startInTerminal} from '../helpers/pseudo-terminal.ts';
import {guidePresent, newUser, patience} from '../helpers/user.ts';

const escape = String.fromCharCode(27);
const showCursor = `${escape}[?25h`;
const hideCursor = `${escape}[?25l`;
const greedy = ['-o', 'temperature=0', '-o', 'num_predict=24'];

describe.skipIf(!guidePresent || !scriptPresent)('mofa in a terminal', patience, () => {
	test('tells a person who waits what it waits for, and leaves the answer alone on the screen', async () => {
		const user = newUser();
		const terminal = startInTerminal(user, ['run', 'guide', ...greedy, 'How do I see which models are loaded?']);
		expect(await terminal.ended).toBe(0);
		expect(plain(terminal.raw())).toMatch(/starting the daemon|waiting for the daemon|loading guide/);
		expect(terminal.raw().lastIndexOf(showCursor)).toBeGreaterThan(terminal.raw().lastIndexOf(hideCursor));

		// The same without anything to wait for: what is left on the screen, spinner or not, is the same answer.
		const {out} = await user.run(['run', 'guide', ...greedy, 'How do I see which models are loaded?']);
		expect(plain(terminal.raw()).endsWith(out)).toBe(true);
	});

	test('writes no colours where NO_COLOR asks for none', async () => {
		const user = newUser();
		await user.daemon();
		const coloured = startInTerminal(user, ['run', 'no-such-model', 'Hello']);
		expect(await coloured.ended).toBe(3);
		expect(coloured.raw()).toContain(`${escape}[31m`);
		const colourless = startInTerminal(user, ['run', 'no-such-model', 'Hello'], {NO_COLOR: '1'});
		expect(await colourless.ended).toBe(3);
		expect(colourless.raw()).not.toMatch(new RegExp(`${escape}\\[[\\d;]*m`));
		expect(plain(coloured.raw())).toBe(plain(colourless.raw()));
	});

	test('leaves the terminal in order when it is interrupted while it waits', async () => {
		const user = newUser();
		await user.run(['run', 'guide', 'Hello']);
		const terminal = startInTerminal(user, ['run', 'guide', '-f', user.longSchema(), 'numbers']);
		await terminal.shows(/\d\d\d/);
		terminal.type('\u0003');
		expect(await terminal.ended).toBe(130);
		expect(terminal.raw().lastIndexOf(showCursor)).toBeGreaterThanOrEqual(terminal.raw().lastIndexOf(hideCursor));
	});

	test('hears what was typed while the model was loading', async () => {
		const terminal = startInTerminal(newUser(), ['run', 'guide']);
		terminal.type('/bye\r');
		expect(await terminal.ended).toBe(0);
	});

	test('chats with the guide, and leaves with Ctrl-D', async () => {
		const user = newUser();
		const terminal = startInTerminal(user, ['run', 'guide', ...greedy]);
		await terminal.shows('>>>');
		terminal.type('How do I see which models are loaded?');
		await terminal.shows('loaded?');
		terminal.type('\r');
		await terminal.shows(/mofa [a-z]+/);
		await terminal.shows('Send a message');
		terminal.type('\u0004');
		expect(await terminal.ended).toBe(0);
		expect(terminal.raw().lastIndexOf(showCursor)).toBeGreaterThanOrEqual(terminal.raw().lastIndexOf(hideCursor));
	});
});
