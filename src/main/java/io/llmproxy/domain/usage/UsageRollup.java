package io.llmproxy.domain.usage;

/** The sums of the records of a group. */
public record UsageRollup(UsageGroup group, UsageFigures figures) {}
