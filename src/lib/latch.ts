/** Something that others wait for again and again: `open` lets all go on who wait now. */
export class Latch {
	#open: () => void = () => {};
	#waiting: Promise<void> | undefined;

	wait(): Promise<void> {
		this.#waiting ??= new Promise<void>(resolve => {
			this.#open = resolve;
		});
		return this.#waiting;
	}

	open(): void {
		this.#waiting = undefined;
		this.#open();
	}
}
