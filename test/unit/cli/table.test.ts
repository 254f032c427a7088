import {expect, test} from 'vitest';
import {section, table} from '../../../src/cli/table.ts';

test('columns are four spaces apart and nothing trails', () => {
	expect(
		table(
			['NAME', 'SIZE'],
			[
				['guide', '7 MB'],
				['a', '1 kB'],
			],
		),
	).toBe('NAME     SIZE\nguide    7 MB\na        1 kB\n');
});

test('a name from a hostile file cannot steer the terminal or break a row', () => {
	const text = table(['NAME'], [['evil\u001B]0;title\u0007\nname']]);
	expect(text).not.toContain('\u001B');
	expect(text).not.toContain('\u0007');
	expect(text.trimEnd().split('\n')).toHaveLength(2);
});

test('a section indents its rows under its title', () => {
	expect(
		section('Model', [
			['name', 'guide'],
			['size', '7 MB'],
		]),
	).toBe('  Model\n    name    guide\n    size    7 MB\n\n');
});
