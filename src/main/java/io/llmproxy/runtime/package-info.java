/** What is true right now: the managed state, built into one immutable snapshot that requests read without a lock. */
@NullMarked
package io.llmproxy.runtime;

import org.jspecify.annotations.NullMarked;
