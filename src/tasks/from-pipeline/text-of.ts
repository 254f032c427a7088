import type {AnyValue} from '../../contract/stage.ts';

/** The text among the values. */
export async function* textOf(values: AsyncIterable<AnyValue>): AsyncGenerator<string> {
	for await (const value of values) if (value.medium === 'text') yield value.value;
}

export const textValue = (text: string): AnyValue => ({type: 'value', medium: 'text', value: text});
