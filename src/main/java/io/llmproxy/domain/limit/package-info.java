/** What a limit is, what a request is charged, and what comes of it. */
@NullMarked
package io.llmproxy.domain.limit;

import org.jspecify.annotations.NullMarked;
