// SPDX-License-Identifier: Apache-2.0
/** Commands that create a domain, change its run state and supervise its lifecycle. */
@NullMarked
package org.xenjava.toolstack.cli.domain;

import org.jspecify.annotations.NullMarked;
