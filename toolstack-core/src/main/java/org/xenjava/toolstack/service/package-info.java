// SPDX-License-Identifier: Apache-2.0
/** Work that is done again and again on a thread of its own: the guard and the supervisor. */
@NullMarked
package org.xenjava.toolstack.service;

import org.jspecify.annotations.NullMarked;
