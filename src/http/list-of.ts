import * as z from 'zod';

/**
 * Like an array of the schema library, which however looks at every item to the last: of a million wrong ones it makes a million
 * issues, and nobody else is served in the meantime. This stops at the first that is wrong; `words` are for what is no list.
 */
export function listOf<T extends z.ZodType>(item: T, words = 'a list'): z.ZodType<Array<z.output<T>>> {
	return z.unknown().transform((value, context) => {
		const items: Array<z.output<T>> = [];
		if (!Array.isArray(value)) {
			context.addIssue({code: 'custom', message: words});
			return z.NEVER;
		}
		for (const [index, one] of value.entries()) {
			const parsed = item.safeParse(one);
			if (parsed.success) items.push(parsed.data);
			else {
				const [first] = parsed.error.issues;
				const message = first?.message ?? words;
				const path = [index, ...(first?.path ?? [])];
				// Of several things that a value may be, it was meant to be the one that it only exceeds.
				context.addIssue({code: 'custom', message, path, continue: first?.code.startsWith('too_') === true});
				return items;
			}
		}
		return items;
	});
}
