/** The process's log on standard error. */
@NullMarked
package io.llmproxy.adapter.log;

import org.jspecify.annotations.NullMarked;
