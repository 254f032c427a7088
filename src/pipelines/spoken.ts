/** What a voice said in this turn, clause by clause, and how long each is: to know later how far it was heard. */
export class Spoken {
	#clauses: Array<{readonly text: string; seconds: number}> = [];
	#turn = 0;
	#clausesTurn = -1;

	/** Which turn the clauses are of: how many were over before it. */
	get turn(): number {
		return this.#clausesTurn;
	}

	/** The next clause is about to be said. */
	begin(text: string): void {
		if (this.#clausesTurn !== this.#turn) this.#clauses = [];
		this.#clausesTurn = this.#turn;
		this.#clauses.push({text, seconds: 0});
	}

	said(seconds: number): void {
		const clause = this.#clauses.at(-1);
		if (clause !== undefined) clause.seconds += seconds;
	}

	/** The turn is over; it may still be heard for a while. */
	over(): void {
		this.#turn += 1;
	}

	/** The words that fit into so many seconds; null: all that was said was heard. */
	within(seconds: number): string | null {
		const total = this.#clauses.reduce((sum, clause) => sum + clause.seconds, 0);
		if (this.#turn !== this.#clausesTurn && seconds >= total) return null;
		let left = seconds;
		const heard: string[] = [];
		for (const clause of this.#clauses) {
			if (left <= 0) break;
			heard.push(left >= clause.seconds ? clause.text : part(clause.text, left / clause.seconds));
			left -= clause.seconds;
		}
		return heard.filter(Boolean).join(' ');
	}
}

/** Whole words, as many as that part of the clause holds. */
function part(text: string, share: number): string {
	const cut = text.slice(0, Math.floor(text.length * share));
	return cut.length === text.length ? text : cut.slice(0, Math.max(0, cut.search(/\s\S*$/))).trimEnd();
}
