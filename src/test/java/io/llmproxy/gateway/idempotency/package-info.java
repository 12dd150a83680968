/** Tests of requests with an Idempotency-Key. */
@NullMarked
package io.llmproxy.gateway.idempotency;

import org.jspecify.annotations.NullMarked;
