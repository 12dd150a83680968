/** Requests with an Idempotency-Key: one runs, the others follow it or get what it recorded. */
@NullMarked
package io.llmproxy.gateway.idempotency;

import org.jspecify.annotations.NullMarked;
