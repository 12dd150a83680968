/** Counters in the heap of this process. */
@NullMarked
package io.llmproxy.adapter.memory;

import org.jspecify.annotations.NullMarked;
