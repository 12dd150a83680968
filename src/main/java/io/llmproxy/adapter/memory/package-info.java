/** Stores that forget with the process. */
@NullMarked
package io.llmproxy.adapter.memory;

import org.jspecify.annotations.NullMarked;
