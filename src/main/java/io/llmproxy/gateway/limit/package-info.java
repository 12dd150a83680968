/** Limits in the course of a request: what it is charged, what it is told. */
@NullMarked
package io.llmproxy.gateway.limit;

import org.jspecify.annotations.NullMarked;
