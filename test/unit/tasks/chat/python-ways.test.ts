import {describe, expect, test} from 'vitest';
import {compileJinja, JinjaFailure} from '../../../../src/tasks/chat/bounded-jinja.ts';

const schema = {
	type: 'object',
	properties: {items: {type: 'array'}, city: {type: 'string', description: "the city's name"}},
};

/** Each expectation is what Jinja 3.1 in Python writes. */
describe('a template', () => {
	test.each([
		// What is missing.
		["{% set names = {'string': 'str'} %}{{ names[schema.nothing] is defined }}", 'False'],
		["{% set names = {'string': 'str'} %}{{ names[schema.nothing] }}.", '.'],
		['{{ missing | trim }}{{ missing | length }}', '0'],
		['{% for tool in missing %}x{% else %}none{% endfor %}', 'none'],
		['{{ missing is iterable }} {{ schema is iterable }} {{ 3 is not iterable }}', 'True True True'],
		["{{ 'a' in missing }} {{ missing in ['a'] }} {{ none in [none] }}", 'False False True'],
		// Methods of dicts win over keys of that name, where they are called.
		[
			"{% for name, one in schema['properties'].items() %}{{ name }}:{{ one.type }} {% endfor %}",
			'items:array city:string ',
		],
		["{{ schema.get('type') }} {{ schema.get('none', 'else') }}", 'object else'],
		// Lists and tuples.
		["{% for field, word in [('a', 'A'), ('b', 'B')] %}{{ field }}{{ word }}{% endfor %}", 'aAbB'],
		[
			'{% set ns = namespace(ids=[]) %}{% set _ = ns.ids.append(7) %}{% set _ = ns.ids.append(8) %}{{ ns.ids.pop(0) }}{{ ns.ids }}',
			'7[8]',
		],
		['{{ [3, 1, 2] | min }}{{ [3, 1, 2] | max }}', '13'],
		["{% for character in 'abc' %}{{ character }}-{% endfor %}", 'a-b-c-'],
		// Keys that are numbers.
		[
			'{% set budgets = {1024: 256, 512: 128} %}{% for limit, step in budgets | dictsort %}{% if 600 <= limit %}{{ limit }}={{ step }}{% endif %}{% endfor %} {{ budgets[512] }}',
			'1024=256 128',
		],
		// Texts.
		["[{{ '\n  a \n'.strip('\n') }}][{{ 'xxaxx'.lstrip('x') }}][{{ ' a '.rstrip() }}]", '[  a ][axx][ a]'],
		["{{ '<tool{}>{}'.format(':open', 1) }} {{ '{1}{0}'.format('a', 'b') }}", '<tool:open>1 ba'],
		["{{ ', '.join(['a', 'b']) }} {{ '  ' * 2 }}|", 'a, b     |'],
		["{{ 'think:x'.removeprefix('think:') }}{{ 'a.b.'.removesuffix('.') }}", 'xa.b'],
		// What Python prints.
		['{{ none }} {{ true }} {{ 1.0 }} {{ [1, none, "a"] }}', "None True 1.0 [1, None, 'a']"],
		["{{ schema['properties']['city'] | string }}", `{'type': 'string', 'description': "the city's name"}`],
		["{{ none | string }} {{ true | string }} {{ 'a' ~ none ~ [1] }}", 'None True aNone[1]'],
		// Equality, which is not JavaScript's.
		[
			"{{ [] == [] }} {{ {'a': [1]} == {'a': [1]} }} {{ '' == 0 }} {{ missing == none }} {{ 1 == 1.0 }} {{ 1 == true }}",
			'True True False False True True',
		],
	])('%s writes what it would in Python', (source, expected) => {
		expect(compileJinja(source).run({schema})).toBe(expected);
	});

	test.each([
		['a text by a factor', "{{ 'ab' * 1000000000 }}"],
		['a text by its form', "{% set a = 'x' * 3000000 %}{{ '{0}{0}{0}{0}'.format(a) }}"],
		['a list within itself', '{% set a = [] %}{% set _ = a.append(a) %}{{ a }}'],
		[
			'a list that holds another twice, again and again',
			'{% set ns = namespace(a=[1]) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a }}',
		],
		['joins', "{% set a = 'x' * 3000000 %}{{ ''.join([a, a]) }}"],
	])('that multiplies %s is stopped', (_, source) => {
		let failure: unknown;
		try {
			compileJinja(source).run({});
		} catch (error) {
			failure = error;
		}
		expect(failure).toBeInstanceOf(JinjaFailure);
		expect(failure).toMatchObject({kind: 'too-costly'});
	});
});
