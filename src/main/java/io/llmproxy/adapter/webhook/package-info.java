/** Calls of the operator's own services. */
@NullMarked
package io.llmproxy.adapter.webhook;

import org.jspecify.annotations.NullMarked;
