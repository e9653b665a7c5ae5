/** Days after which kinds of data are deleted. */
/** Days. Data of an absent kind stays until a person deletes it. */
export interface Retention {
  readonly audioDays?: number;
  readonly transcriptDays?: number;
  readonly insightsDays?: number;
}
