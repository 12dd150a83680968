/** What was administered, by whom. */
@NullMarked
package io.llmproxy.domain.audit;

import org.jspecify.annotations.NullMarked;
