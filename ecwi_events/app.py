"""The factory: wires settings, database, doors and doorbell into one Flask application."""

from __future__ import annotations

import zoneinfo
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Flask
from flask_migrate import Migrate

import config
from ecwi_events import jobs, tables, web
from ecwi_events.jobs.doorbell import Doorbell
from ecwi_events.kernel import files, links, tokens
from ecwi_events.kernel.db import check_engine, db, engine_options, prepare_engine, when_work_is_committed
from ecwi_events.mail import rendering
from ecwi_events.registration import promotion, proving

if TYPE_CHECKING:
    from config import Settings


def create_app(settings: Settings | None = None, *, durable: bool = True) -> Flask:
    """Build the application.

    Args:
        settings: read from the environment if not given.
        durable: False lets throw-away test databases skip waiting for the disk.

    Raises:
        config.SettingsError: a setting is wrong, or the database cannot serve us.
    """
    settings = settings or config.from_environment()
    zoneinfo.reset_tzpath(to=())  # the locked tzdata package decides, not what the machine happens to have
    app = Flask(
        "ecwi_events",
        root_path=str(config.PROJECT / "ecwi_events"),
        template_folder=str(config.PROJECT / "templates"),
        static_folder=None,
    )
    app.url_map.merge_slashes = False  # "//" is a page that is not there: no redirect that believes a foreign Host
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url),
        SESSION_COOKIE_NAME="__Host-session" if settings.is_https else "session",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=5 * 1024 * 1024,
        MAX_FORM_PARTS=2000,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.extensions["ecwi_settings"] = settings
    tokens.configure(settings.secret_key)
    links.configure(settings.base_url)
    promotion.configure(
        within=timedelta(hours=settings.offers_within_hours), lasts=timedelta(minutes=settings.offers_last_minutes)
    )
    proving.configure(lives=timedelta(hours=settings.sign_up_link_hours))
    files.configure(settings.data_dir / "files")
    rendering.configure(config.PROJECT / "templates" / "mail")
    db.init_app(app)
    Migrate(app, db, directory=str(config.PROJECT / "migrations"))
    with app.app_context():
        prepare_engine(db.engine, durable=durable)
        if fault := check_engine(db.engine):
            raise config.SettingsError(f"ECWI_DATABASE_URL: {fault}")
    web.install(app, settings)
    jobs.install(app, settings)
    when_work_is_committed(Doorbell(settings.redis.celery).ring)
    return app


__all__ = ["create_app", "tables"]
