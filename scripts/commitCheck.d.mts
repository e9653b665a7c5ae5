export const SUBJECT_MAX: number;
export function subjectProblems(subject: string): string[];
