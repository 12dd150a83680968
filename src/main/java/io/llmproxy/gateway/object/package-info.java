/** Stored objects: which requests are about them, whose they are, and how that is kept. */
@NullMarked
package io.llmproxy.gateway.object;

import org.jspecify.annotations.NullMarked;
