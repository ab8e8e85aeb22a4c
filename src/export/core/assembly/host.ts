/** Asks the host for the number of a name it has not met yet (kind: 0 device, 1 program, 2 level). */
export declare function intern(kind: i32, start: usize, end: usize): i32;
