/** One thing that every adapter keeps, as a sentence in the present tense. */
export interface Check {
	readonly title: string;
	/** What is wrong; null where nothing is. */
	readonly problem: string | null;
}

/** Everything that is wrong, in the order it was found. */
export class NotConforming extends Error {
	override readonly name = 'NotConforming';
	readonly checks: readonly Check[];

	constructor(adapter: string, checks: readonly Check[]) {
		const wrong = checks.filter(({problem}) => problem !== null);
		super(`${adapter} breaks its contract:\n${wrong.map(({title, problem}) => `  ${title}: ${problem}`).join('\n')}`);
		this.checks = checks;
	}
}

/** Gathers checks; one that throws has failed, and the next is made all the same. */
export class CheckList {
	readonly checks: Check[] = [];

	/** `look` gives the problem, or nothing. */
	async check(
		title: string,
		look: () => Promise<string | null | undefined> | string | null | undefined,
	): Promise<void> {
		try {
			this.checks.push({title, problem: (await look()) ?? null});
		} catch (error) {
			this.checks.push({title, problem: error instanceof Error ? `${error.name}: ${error.message}` : String(error)});
		}
	}

	/** Throws `NotConforming` where anything is wrong. */
	settle(adapter: string): readonly Check[] {
		if (this.checks.some(({problem}) => problem !== null)) throw new NotConforming(adapter, this.checks);
		return this.checks;
	}
}

/** Rejects when it takes longer: a check shall fail rather than hang. */
export async function within<T>(milliseconds: number, what: string, work: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_resolve, reject) => {
		timer = setTimeout(() => reject(new Error(`${what} took longer than ${milliseconds} ms`)), milliseconds);
	});
	try {
		return await Promise.race([work, late]);
	} finally {
		clearTimeout(timer);
	}
}
