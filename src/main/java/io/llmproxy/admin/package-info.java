/** Use case two, manage the appliance: every change is one sealed command, every read one query. */
@NullMarked
package io.llmproxy.admin;

import org.jspecify.annotations.NullMarked;
