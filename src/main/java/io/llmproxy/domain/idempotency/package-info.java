/** What makes two requests the same one, and the answer that both get. */
@NullMarked
package io.llmproxy.domain.idempotency;

import org.jspecify.annotations.NullMarked;
