import {expect, onTestFinished, test, vi} from 'vitest';
import {processTerminal} from '../../../src/cli/process-terminal.ts';

test.each([0, undefined])('nothing turns on a terminal of %s columns', async columns => {
	const before = Object.getOwnPropertyDescriptor(process.stderr, 'columns');
	Object.defineProperty(process.stderr, 'columns', {value: columns, configurable: true});
	const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
	onTestFinished(() => {
		write.mockRestore();
		if (before === undefined) Reflect.deleteProperty(process.stderr, 'columns');
		else Object.defineProperty(process.stderr, 'columns', before);
	});
	const spin = await processTerminal().spin('loading');
	spin.update('still loading');
	spin.stop();
	expect(write).not.toHaveBeenCalled();
});
