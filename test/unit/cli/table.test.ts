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

const rows = [
	['guide', '7 MB', 'chat, completion', 'a toy that knows mofa'],
	['org/longer-name', '-', 'speech', ''],
];
const header = ['NAME', 'SIZE', 'TASKS', 'ABOUT'];
const shown = (columns: number, isTerminal = true): readonly string[] =>
	table(header, rows, undefined, {isTerminal, columns}).trimEnd().split('\n');

test('a narrower terminal gets narrower gaps, and then cells of several lines', () => {
	expect(shown(80)).toEqual(table(header, rows).trimEnd().split('\n'));
	expect(shown(65)).toEqual([
		'NAME             SIZE  TASKS             ABOUT',
		'guide            7 MB  chat, completion  a toy that knows mofa',
		'org/longer-name  -     speech',
	]);
	expect(shown(55)).toEqual([
		'NAME             SIZE  TASKS            ABOUT',
		'guide            7 MB  chat,            a toy that',
		'                       completion       knows mofa',
		'org/longer-name  -     speech',
	]);
	for (const columns of [52, 60, 70, 80])
		for (const line of shown(columns)) expect(line.length).toBeLessThanOrEqual(columns);
	expect(shown(10, false)).toEqual(shown(80));
});

test('sentences have some room beside the others, or all of it below', () => {
	const about = 'ONNX Runtime and the model classes of a library: pictures, sight and speech';
	const of = (columns: number): readonly string[] =>
		table(
			['NAME', 'LICENSE', 'ABOUT'],
			[
				['onnx', 'MIT', about],
				['b', 'MIT', ''],
			],
			undefined,
			{
				isTerminal: true,
				columns,
			},
		)
			.trimEnd()
			.split('\n');
	expect(of(60)).toEqual([
		'NAME  LICENSE  ABOUT',
		'onnx  MIT      ONNX Runtime and the model classes of a',
		'               library: pictures, sight and speech',
		'b     MIT',
	]);
	expect(of(40)).toEqual([
		'NAME  LICENSE',
		'onnx  MIT',
		'    ONNX Runtime and the model classes',
		'    of a library: pictures, sight and',
		'    speech',
		'b     MIT',
	]);
});

test('a note that few rows have goes below them, before the other cells are broken', () => {
	const used = ['25 minutes ago', '26 minutes ago', '27 minutes ago'];
	const notes = ['', 'also helper', ''];
	const text = table(
		['NAME', 'LAST USED', 'NOTE'],
		used.map((when, index) => [`model-${index}`, when, notes[index] ?? '']),
		undefined,
		{isTerminal: true, columns: 30},
	);
	expect(text.split('\n').filter(line => line.includes('ago'))).toHaveLength(3);
	expect(text).toContain('26 minutes ago\n    also helper\n');
});

test('a name is never broken, however narrow the terminal is', () => {
	expect(shown(10).join('\n')).toContain('org/longer-name');
});

test('values of a section go on under themselves', () => {
	expect(section('Model', [['about', 'a toy that knows mofa']], {isTerminal: true, columns: 30})).toBe(
		'  Model\n    about    a toy that knows\n             mofa\n\n',
	);
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
