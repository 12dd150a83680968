/** What can go wrong, by name. */
@NullMarked
package io.llmproxy.domain.error;

import org.jspecify.annotations.NullMarked;
