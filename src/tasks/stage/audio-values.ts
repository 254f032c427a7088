import type {Audio} from '../../contract/media.ts';
import type {AnyValue} from '../../contract/stage.ts';

/** The sound among the values. */
export async function* audioOf(values: AsyncIterable<AnyValue>): AsyncGenerator<Audio> {
	for await (const value of values) if (value.medium === 'audio') yield value.value;
}
