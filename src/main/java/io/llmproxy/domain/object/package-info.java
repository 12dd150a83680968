/** What providers store for clients, and whose it is. */
@NullMarked
package io.llmproxy.domain.object;

import org.jspecify.annotations.NullMarked;
