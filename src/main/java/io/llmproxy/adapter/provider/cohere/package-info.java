/** Cohere's own API, version 2. */
@NullMarked
package io.llmproxy.adapter.provider.cohere;

import org.jspecify.annotations.NullMarked;
