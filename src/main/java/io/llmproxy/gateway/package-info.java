/** Use case one: serve one LLM request. */
@NullMarked
package io.llmproxy.gateway;

import org.jspecify.annotations.NullMarked;
