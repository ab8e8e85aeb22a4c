/** Asks the host for the number of a name it has not met yet (kind: 0 device, 1 program, 2 level). */
export declare function intern(kind: i32, start: usize, end: usize): i32;

/**
 * Shows the host a row whose clock is to be compared, which has just been written to the columns, with its raw line
 * (kind: Kind, 0 = the record has none).
 */
export declare function checkClock(row: i32, kind: i32, start: usize, end: usize): void;
