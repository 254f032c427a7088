import {eulerLevels, eulerWay} from './euler.ts';
import {nothing, type Schedule} from './schedule.ts';
import type {SchedulerSettings} from './settings.ts';

/** As Euler's, but each step goes further down than it has to, and fresh noise brings it up again. */
export function eulerAncestralSchedule(settings: SchedulerSettings, steps: number, first: number): Schedule {
	return eulerWay(settings, eulerLevels(settings, steps), first, (from, to) => {
		const up = Math.sqrt((to ** 2 * (from ** 2 - to ** 2)) / from ** 2);
		const down = Math.sqrt(to ** 2 - up ** 2);
		return {...nothing, sample: down / from, clean: 1 - down / from, noise: up};
	});
}
