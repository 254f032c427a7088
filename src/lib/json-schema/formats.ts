/**
 * The string formats that are enforced, each as the regular expression its texts match. Where a standard allows more
 * than anyone writes, the expression is the narrower: generated text then fits both.
 */

const year = '[0-9]{4}';
const leapYear = '(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)';
const date = `(?:${year}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|${leapYear}-02-29)`;
const clock = '(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?';
const zone = '(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])';
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const hostname = `${label}(?:\\.${label}){0,5}`;
const byte = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const ipv4 = `(?:${byte}\\.){3}${byte}`;
const group = '[0-9A-Fa-f]{1,4}';
/** So many groups before the gap, and with them at most so many after it. */
const gaps = [1, 2, 3, 4, 5, 6].map(after => `(?:${group}:){1,${7 - after}}(?::${group}){1,${after}}`);
const ipv6 = `(?:(?:${group}:){7}${group}|${gaps.join('|')}|(?:${group}:){1,7}:|:(?::${group}){1,7}|::)`;
const pathPart = "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";
const tail = `(?:/${pathPart}{0,200}){0,20}(?:\\?(?:${pathPart}|[/?]){0,500})?(?:#(?:${pathPart}|[/?]){0,200})?`;

const sources: Readonly<Record<string, string>> = {
	date,
	time: `${clock}${zone}`,
	'date-time': `${date}T${clock}${zone}`,
	duration: 'P(?:[0-9]{1,4}W|[0-9]{1,4}D|[0-9]{1,4}[YM](?:[0-9]{1,4}D)?|(?:[0-9]{1,4}D)?T[0-9]{1,4}[HMS])',
	uuid: '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}',
	email: `[A-Za-z0-9_+-]{1,30}(?:\\.[A-Za-z0-9_+-]{1,20}){0,2}@${label}(?:\\.${label}){1,4}`,
	hostname,
	ipv4,
	ipv6,
	uri: `[a-z][a-z0-9+.-]{1,15}://${hostname}(?::[0-9]{1,5})?${tail}`,
	'uri-reference': `(?:[a-z][a-z0-9+.-]{1,15}://${hostname}(?::[0-9]{1,5})?)?${tail}`,
	'json-pointer': '(?:/(?:[^~/\\u0000-\\u001f]|~[01]){0,100}){0,20}',
	byte: '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?',
};

/** Format name to an expression that is tied to both ends. */
export const stringFormats: Readonly<Record<string, string>> = Object.fromEntries(
	Object.entries(sources).map(([name, source]) => [name, `^${source}$`]),
);

/** Formats of numbers, as OpenAPI has them: the limits that each of them means. */
export const numberFormats: Readonly<Record<string, {readonly minimum?: number; readonly maximum?: number}>> = {
	int32: {minimum: -(2 ** 31), maximum: 2 ** 31 - 1},
	uint32: {minimum: 0, maximum: 2 ** 32 - 1},
	int64: {},
	uint64: {minimum: 0},
	float: {},
	double: {},
};
